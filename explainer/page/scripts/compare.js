/**
 * Two results side by side: labels, pictures and figures, in rows that can be compared across.
 *
 * @typedef {{name: string, share: number, percent: string, explained: boolean}} Label
 * @typedef {{title: string, source: string, words: string}} Picture
 * @typedef {{name: string, title: string, aspect: number, labels: Label[], pictures: Picture[]}} Side
 * @typedef {{sides: Side[], headings: string[], explained: string, common: string, facts: string[][]}} Data
 */

/** @param {Side[]} sides  @param {(side: Side) => (Node | string)[]} content */
function makeRow(sides, content) {
  return make("div", "row", ...sides.map((side) => make("div", "side", ...content(side))));
}

/** @param {Label} label  @param {string} explained */
function makeLabel(label, explained) {
  const bar = make("i", "");
  bar.style.width = `${100 * label.share}%`;
  const item = make("li", label.explained ? "label explained" : "label");
  item.append(make("span", "name", label.name), make("span", "percent", label.percent), make("span", "bar", bar));
  if (label.explained) item.firstChild.append(make("span", "spoken", ` (${explained})`));
  return item;
}

/** @param {Picture} picture  @param {Side} side */
function makePicture(picture, side) {
  const frame = make("div", picture.source ? "frame" : "frame pending");
  frame.style.setProperty("--aspect", String(side.aspect));
  if (picture.source) frame.append(make("img", { src: picture.source, alt: picture.words }));
  return frame;
}

/** @param {Data} data */
function makeFacts(data) {
  const body = make("tbody", "");
  for (const [name, ...values] of data.facts) {
    const head = make("th", { scope: "row" }, name);
    body.append(make("tr", "", head, ...values.map((value) => make("td", "", value))));
  }
  const heads = data.sides.map((side) => make("th", { scope: "col" }, side.name));
  return make("table", "facts", make("thead", "", make("tr", "", make("td", ""), ...heads)), body);
}

/** @param {{data: Data, parentElement: ShadowRoot}} component */
export default function ({ data, parentElement }) {
  const place = parentElement.querySelector("#compare");
  const shown = JSON.stringify(data);
  if (place.shown === shown) return;
  place.shown = shown;
  const [labels, figures] = data.headings;
  const { sides } = data;
  const rows = [
    makeRow(sides, (side) => [make("span", "letter", side.name), make("span", "title", side.title)]),
    make("h3", "", labels),
    makeRow(sides, (side) => [make("ol", "labels", ...side.labels.map((label) => makeLabel(label, data.explained)))]),
  ];
  sides[1].pictures.forEach(({ title }, number) => {
    rows.push(make("h3", "", title), makeRow(sides, (side) => [makePicture(side.pictures[number], side)]));
    if (!number) rows.push(make("p", "common", data.common));
  });
  place.replaceChildren(...rows, make("h3", "", figures), makeFacts(data));
}
