/**
 * The photo, the focus and the pros and cons beside each other, and how reliable they are; on a narrow page one
 * of the three with a switch. Pictures are replaced in place, so that none ever leaves the page.
 *
 * @typedef {{kind: string, title: string, source: string, words: string, sentence: string}} Figure
 * @typedef {{meaning: string, line: string, colour: string, scale: string[], ends: string[]}} Entry
 * @typedef {{share: number | null, words: string, help: string, level: string, moving: boolean}} Reliability
 * @typedef {{photo: string, aspect: number, choice: string, figures: Figure[],
 *   inset: {source: string, words: string}, notes: string[], legend: Entry[], reliability: Reliability}} Data
 */

/** @param {Element} element  @param {string} text */
function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** @param {HTMLImageElement} picture  @param {string} source  @param {string} words */
function show(picture, source, words) {
  picture.alt = words;
  if (picture.getAttribute("src") !== source) {
    if (source) picture.src = source;
    else picture.removeAttribute("src");
  }
  picture.parentElement.classList.toggle("pending", !source);
}

/** @param {Data} data */
function build(data) {
  const reliability = make(
    "div", "reliability", make("span", "meter", make("i", "")), make("span", "words"), make("span", "sign"),
  );
  const live = make("span", "spoken");
  live.setAttribute("role", "status");
  const choice = make("div", "switch");
  choice.setAttribute("role", "radiogroup");
  const figures = data.figures.map(({ kind }) => {
    const option = make("label", "option", document.createElement("input"), make("span", "title"));
    Object.assign(option.firstChild, { type: "radio", name: "picture", value: kind, checked: kind === "focus" });
    choice.append(option);
    const frame = make("div", "frame", document.createElement("img"));
    if (kind === "photo") frame.append(make("div", "inset", document.createElement("img")));
    return make(
      "figure", kind, make("h3", "title"), frame, make("figcaption", "", make("p", "sentence"), make("div", "notes")),
    );
  });
  return [reliability, live, choice, make("div", "figures", ...figures), make("p", "legend")];
}

/** @param {{data: Data, parentElement: ShadowRoot}} component */
export default function ({ data, parentElement }) {
  const place = parentElement.querySelector("#pictures");
  if (!place.firstChild) place.append(...build(data));
  const find = (selector) => place.querySelector(selector);
  if (place.photo !== data.photo) {
    place.photo = data.photo;
    document.querySelector('[data-testid="stMain"]')?.scrollTo(0, 0);
  }
  place.style.setProperty("--aspect", String(data.aspect));

  const { share, words, help, level, moving } = data.reliability;
  const reliability = find(".reliability");
  reliability.className = `reliability ${level}`;
  reliability.title = help;
  find(".meter").hidden = share === null;
  find(".meter i").style.width = `${100 * (share ?? 0)}%`;
  say(find(".words"), words);
  find(".sign").hidden = !moving;
  place.setAttribute("aria-busy", String(moving));
  say(find(".spoken"), moving ? "" : words); // not each step of a run
  find(".switch").setAttribute("aria-label", data.choice);

  for (const { kind, title, source, words, sentence } of data.figures) {
    const figure = find(`figure.${kind}`);
    say(figure.querySelector(".title"), title);
    say(find(`.option:has([value="${kind}"]) .title`), title);
    show(figure.querySelector(".frame > img"), source, words);
    say(figure.querySelector(".sentence"), sentence);
  }
  show(find(".inset img"), data.inset.source, data.inset.words);
  find(".inset").title = data.inset.words;
  const notes = find("figure.photo .notes");
  if (place.notes !== data.notes.join("\n")) {
    place.notes = data.notes.join("\n");
    notes.replaceChildren(...data.notes.map((note) => make("p", "note", document.createTextNode(note))));
  }
  const entries = JSON.stringify(data.legend);
  if (place.entries !== entries) {
    place.entries = entries;
    find(".legend").replaceChildren(
      ...data.legend.flatMap(({ meaning, line, colour, scale, ends }, index) => {
        const swatch = make("i", "");
        swatch.style.cssText =
          `border: 2px ${line} ${colour}; background: linear-gradient(to right, ${scale}) padding-box`;
        const [low, high] = ends.map((end) => make("small", "", document.createTextNode(end)));
        const isScale = scale.length > 2;
        const entry = make("span", isScale ? "" : "doubt", document.createTextNode(meaning), low, swatch, high);
        // On a line of its own, so that nothing moves when the words above change their length.
        return !isScale && data.legend[index - 1]?.scale.length > 2 ? [make("b", ""), entry] : [entry];
      }),
    );
  }
  const pick = () => find(".figures").setAttribute("data-shown", find(".switch :checked").value);
  find(".switch").onchange = pick;
  pick();
}
