// Keys for presenting: what each one asks for is sent to the page, which says when it is done.

/** @type {Record<string, string>} */
const COMMANDS = {
  p: "present", Escape: "leave", h: "hide", "+": "regions", "=": "regions", "-": "regions back",
  ArrowRight: "label", ArrowDown: "label", ArrowLeft: "label back", ArrowUp: "label back",
  n: "photo", PageDown: "photo", b: "photo back", PageUp: "photo back",
};
const COUNTING = 1400; // milliseconds

/**
 * @typedef {{label: string, words: string, before: ?number, now: ?number, change: string, picture: string}} Hiding
 * @typedef {{presenting: boolean, done: number, language: string, hiding: ?Hiding, help: [string, string][]}} Data
 */

// Outlives the element, which the page may take away and bring back.
const state = {
  /** @type {[number, string][]} what the page has not done yet */
  pressed: [],
  number: 0,
  presenting: false,
  helps: true,
  /** @type {(pressed: [number, string][]) => void} */
  send: () => {},
  /** @type {() => void} */
  draw: () => {},
};

/** @param {KeyboardEvent} event */
function press(event) {
  const [target] = event.composedPath();
  const field = target instanceof Element && target.closest("input, textarea, select, [contenteditable]");
  const takesText = field && !["radio", "checkbox", "range"].includes(field.type);
  const takesSteps = field && /^(Arrow|Page)/.test(event.key);
  const command = COMMANDS[event.key.length === 1 ? event.key.toLowerCase() : event.key];
  const isOnce = event.repeat && !/^(label|regions)/.test(command);
  if (event.ctrlKey || event.altKey || event.metaKey || takesText || takesSteps || isOnce) return;
  if (state.presenting && event.key === "?") {
    state.helps = !state.helps;
    state.draw();
  } else if (command && (state.presenting || command === "present")) {
    event.preventDefault();
    event.stopPropagation(); // Streamlit has letters of its own, such as R
    state.number += 1;
    state.pressed.push([state.number, command]);
    state.send(state.pressed);
  }
}

addEventListener("keydown", press, { capture: true });

/** @param {Element} place  @param {Hiding} hiding  @param {string} language */
function count(place, { before, now }, language) {
  const score = place.querySelector(".score");
  /** @param {number} share */
  const say = (share) => {
    const digits = share > 0 && share < 0.0995 ? 1 : 0;
    const percent = new Intl.NumberFormat(language, { style: "percent", minimumFractionDigits: digits, maximumFractionDigits: digits });
    score.textContent = percent.format(share);
    place.querySelector(".bar i").style.width = `${100 * share}%`;
  };
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const start = performance.now();
  /** @param {number} time */
  const step = (time) => {
    const part = still ? 1 : Math.min(1, Math.max(0, (time - start) / COUNTING));
    say(before + (now - before) * (1 - (1 - part) ** 3));
    if (part < 1 && place.isConnected) requestAnimationFrame(step);
  };
  step(start);
}

/** @param {{data: Data, parentElement: ShadowRoot, setStateValue: (name: string, value: unknown) => void}} component */
export default function ({ data, parentElement, setStateValue }) {
  const place = parentElement.querySelector("#keys");
  state.send = (pressed) => setStateValue("pressed", pressed);
  state.presenting = data.presenting;
  state.pressed = state.pressed.filter(([number]) => number > data.done);
  document.documentElement.toggleAttribute("data-presenting", data.presenting);

  const shown = data.presenting && data.hiding;
  const hiding = JSON.stringify(shown);
  if (place.hiding !== hiding) {
    place.hiding = hiding;
    place.querySelector(".hiding")?.remove();
    if (shown) {
      const words = make("div", "words", make("p", "label"), make("p", "note"));
      words.querySelector(".label").textContent = shown.label;
      words.querySelector(".note").textContent = shown.words;
      const card = make("div", "hiding", words);
      card.setAttribute("role", "status");
      if (shown.now !== null) {
        card.prepend(make("img", { src: shown.picture, alt: "" }));
        words.insertBefore(make("p", "score"), words.lastChild);
        words.append(make("p", "bar", document.createElement("i")), make("p", "change"));
        words.lastChild.textContent = shown.change;
      }
      place.append(card);
      if (shown.now !== null) count(card, shown, data.language);
    }
  }
  state.draw = () => {
    place.querySelector(".help")?.remove();
    if (!data.presenting || !state.helps) return;
    const help = make("p", "help");
    for (const [keys, words] of data.help) {
      const entry = make("span", "", make("kbd", ""), document.createTextNode(` ${words}`));
      entry.firstChild.textContent = keys;
      help.append(entry);
    }
    place.append(help);
  };
  state.draw();
}
