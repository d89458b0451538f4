// @ts-check
// The photo, whose regions light up under the pointer and are hidden by a click: at once here, while the
// page's answer follows.

/**
 * @typedef {object} Data
 * @property {string} place which photo and which cut; clicks are sent with it
 * @property {string} drawing changes with anything from `size` to `middles`
 * @property {[number, number]} size of the picture, in the units of `paths`
 * @property {string} picture the photo
 * @property {string} behind what the network sees where regions are hidden
 * @property {string[]} paths each region's outline
 * @property {[number, number][]} middles each region's middle, in shares of the picture
 * @property {string[]} names of the regions
 * @property {string[]} descriptions of the regions, with their weights
 * @property {number[]} weights above 0 for the label, below 0 against it, 0 of all that are not outlined
 * @property {number[]} order the regions, the strongest first
 * @property {number[]} hidden the regions that are hidden once all clicks up to `lastClick` were taken
 * @property {number} lastClick
 * @property {[number[], number[]]} colours for the label, and against it
 * @property {{photo: string, sides: [string, string], isHidden: string, hidden: string, choose: string,
 *   show: string}} words
 *
 * @typedef {object} Component
 * @property {Data} data
 * @property {HTMLElement | ShadowRoot} parentElement
 * @property {(name: string, value: unknown) => void} setStateValue
 */

const SIDES = ["for", "against"];
const SVG = "http://www.w3.org/2000/svg";

/**
 * @param {string} name
 * @param {Record<string, string | number>} attributes
 */
function shape(name, attributes) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
  return /** @type {SVGElement} */ (element);
}

class Photo {
  /** @param {HTMLElement} root @param {Data} data */
  constructor(root, data) {
    const [width, height] = data.size;
    const whole = { width, height, preserveAspectRatio: "none" };
    this.data = data;
    /** @type {Component["setStateValue"]} */
    this.send = () => {};
    /** @type {[number, number][]} clicks that the page has not taken yet: number, region */
    this.pending = [];
    this.current = data.order[0] ?? 0; // the one region that the Tab key leads to
    /** @type {Set<number>} */
    this.hidden = new Set();
    this.listed = "";

    this.svg = shape("svg", { viewBox: `0 0 ${width} ${height}`, role: "group" });
    const pattern = shape("pattern", { id: "behind", patternUnits: "userSpaceOnUse", width, height });
    pattern.append(shape("image", { href: data.behind, ...whole }));
    const regions = shape("g", { class: "regions" });
    this.paths = data.paths.map((d) => shape("path", { d, role: "button", "fill-rule": "evenodd" }));
    regions.append(...this.paths);
    const every = data.paths.join("");
    this.outlines = shape("g", {});
    this.light = shape("path", { class: "light", "fill-rule": "evenodd" });
    this.svg.append(
      pattern,
      shape("image", { href: data.picture, ...whole }),
      regions,
      shape("path", { d: every, class: "rim" }),
      shape("path", { d: every, class: "line" }),
      this.outlines,
      this.light,
    );
    this.numbers = data.middles.map(([across, down], region) => {
      const number = make("div", { className: "number", textContent: String(region + 1), ariaHidden: "true" });
      number.style.left = `${100 * across}%`;
      number.style.top = `${100 * down}%`;
      return number;
    });
    this.tip = make("div", { className: "tip", ariaHidden: "true" });
    this.frame = make("div", { className: "frame" }, this.svg, ...this.numbers, this.tip);
    this.frame.style.setProperty("--aspect", String(width / height));
    this.legend = make("p", { className: "legend" });
    this.select = make("select", { onchange: () => this.click(Number(this.select.value)) });
    this.chips = make("div", { className: "chips" });
    root.replaceChildren(this.frame, this.legend, this.select, this.chips);
    this.listen(regions);
  }

  /** @param {SVGElement} regions */
  listen(regions) {
    /** @param {Event} event */
    const at = (event) => this.paths.indexOf(/** @type {SVGElement} */ (event.target));
    regions.addEventListener("pointermove", (event) => this.point(at(event), event.clientX, event.clientY));
    regions.addEventListener("pointerleave", (event) => event.pointerType === "touch" || this.point(-1));
    regions.addEventListener("click", (event) => {
      this.click(at(event));
      this.point(at(event), event.clientX, event.clientY);
    });
    regions.addEventListener("focusin", (event) => {
      this.walk(at(event));
      if (this.paths[this.current].matches(":focus-visible")) this.point(this.current);
    });
    regions.addEventListener("focusout", () => this.point(-1));
    regions.addEventListener("keydown", (event) => {
      const { order } = this.data;
      const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key] ?? 0;
      if (step) {
        const next = order[(order.indexOf(this.current) + step + order.length) % order.length];
        this.paths[next].focus();
      } else if (event.key === "Enter" || event.key === " ") {
        this.click(this.current);
        this.point(this.current);
      } else if (event.key === "Escape") this.point(-1);
      else return;
      event.preventDefault();
      event.stopPropagation(); // the page may have keys of its own
    });
  }

  /**
   * Light a region up, and say what it is at a place of the window, or else in its middle; -1 is none.
   *
   * @param {number} region @param {number} [x] @param {number} [y]
   */
  point(region, x, y) {
    const { data, tip } = this;
    this.pointed = region;
    this.svg.classList.toggle("pointed", region >= 0);
    tip.classList.toggle("shown", region >= 0);
    if (region < 0) return;
    this.light.setAttribute("d", data.paths[region]);
    this.label(region);
    const frame = this.frame.getBoundingClientRect();
    const [across, down] = data.middles[region];
    const left = x === undefined ? across * frame.width : x - frame.left;
    const top = y === undefined ? down * frame.height : y - frame.top;
    const half = tip.offsetWidth / 2;
    tip.style.left = `${Math.max(half, Math.min(frame.width - half, left))}px`;
    tip.style.top = `${top > tip.offsetHeight + 18 ? top - tip.offsetHeight - 14 : top + 24}px`;
  }

  /** @param {number} region */
  label(region) {
    const { descriptions, words } = this.data;
    this.tip.textContent = descriptions[region] + (this.hidden.has(region) ? ` · ${words.isHidden}` : "");
  }

  /** @param {number} region */
  click(region) {
    const last = this.pending.at(-1)?.[0] ?? 0;
    this.pending.push([Math.max(last, this.data.lastClick) + 1, region]);
    this.draw();
    this.send("clicks", { place: this.data.place, clicks: [...this.pending] });
  }

  /** @param {number} region */
  walk(region) {
    this.paths[this.current].setAttribute("tabindex", "-1");
    this.current = region;
    this.paths[region].setAttribute("tabindex", "0");
  }

  /** @param {Data} data */
  update(data) {
    this.data = data;
    this.pending = this.pending.filter(([number]) => number > data.lastClick);
    this.svg.setAttribute("aria-label", data.words.photo);
    this.paths.forEach((path, region) => {
      path.setAttribute("aria-label", data.descriptions[region]);
      path.setAttribute("tabindex", region === this.current ? "0" : "-1");
    });
    const strong = data.order.filter((region) => data.weights[region]);
    this.outlines.replaceChildren(
      ...strong.reverse().flatMap((region) => {
        const side = data.weights[region] > 0 ? 0 : 1;
        const d = data.paths[region];
        return [
          shape("path", { d, class: "strong-rim" }),
          shape("path", { d, class: SIDES[side], stroke: `rgb(${data.colours[side].join(" ")})` }),
        ];
      }),
    );
    this.legend.replaceChildren(
      ...SIDES.map((side, i) => {
        const line = make("i", { className: side });
        line.style.color = `rgb(${data.colours[i].join(" ")})`;
        return make("span", {}, line, data.words.sides[i]);
      }),
    );
    this.draw();
    if (this.pointed !== undefined && this.pointed >= 0) this.label(this.pointed);
  }

  /** The same as the clicks, in words. */
  list() {
    const { hidden, select } = this;
    const { names, order, words } = this.data;
    const listed = JSON.stringify([[...hidden], words]);
    const root = /** @type {ShadowRoot} */ (select.getRootNode());
    if (this.listed === listed && root.activeElement === select) return; // whose options are being read
    this.listed = listed;
    const options = order.filter((region) => !hidden.has(region));
    select.ariaLabel = words.hidden;
    select.replaceChildren(
      make("option", { value: "-1", textContent: `${words.hidden}: ${words.choose}` }),
      ...options.map((region) => make("option", { value: String(region), textContent: names[region] })),
    );
    this.chips.replaceChildren(
      ...order.filter((region) => hidden.has(region)).map((region) =>
        make("button", {
          type: "button",
          textContent: `${names[region]} ✕`,
          ariaLabel: `${words.show}: ${names[region]}`,
          onclick: () => this.click(region),
        }),
      ),
    );
  }

  /** Draw what is hidden: as the page knows it, and with the clicks that it has not taken yet. */
  draw() {
    this.hidden = new Set(this.data.hidden);
    for (const [, region] of this.pending) this.hidden.delete(region) || this.hidden.add(region);
    this.paths.forEach((path, region) => {
      const hidden = this.hidden.has(region);
      path.setAttribute("aria-pressed", String(hidden));
      for (const paint of ["fill", "stroke"]) path.setAttribute(paint, hidden ? "url(#behind)" : "transparent");
      const { classList } = this.numbers[region];
      classList.toggle("shown", hidden || this.data.weights[region] !== 0);
      classList.toggle("hidden", hidden);
    });
    this.list();
  }
}

/** @type {WeakMap<HTMLElement, Photo>} */
const photos = new WeakMap();

/** @param {Component} component */
export default function ({ data, parentElement, setStateValue }) {
  const root = /** @type {HTMLElement} */ (parentElement.querySelector("#try_it"));
  let photo = photos.get(root);
  if (!photo || photo.data.drawing !== data.drawing) photos.set(root, (photo = new Photo(root, data)));
  photo.send = setStateValue;
  photo.update(data);
}
