/**
 * The best labels with their probabilities; the row that is chosen is explained.
 *
 * @typedef {{index: string, name: string, detail: string, lang: string, share: number, percent: string}} Row
 * @typedef {{question: string, chosen: string, rows: Row[], pending: number}} Data
 */

/** @param {string} kind  @param {string} className */
function make(kind, className) {
  const element = document.createElement(kind);
  element.className = className;
  return element;
}

/** @param {string} group */
function makeRow(group) {
  const row = make("label", "row");
  const input = Object.assign(document.createElement("input"), { type: "radio", name: group });
  const name = make("span", "name");
  name.append(make("span", "title"), make("span", "detail"));
  const bar = make("span", "bar");
  bar.append(document.createElement("i"));
  row.append(input, name, bar, make("span", "percent"));
  return row;
}

/** @param {{data: Data, key: string, parentElement: ShadowRoot, setTriggerValue: Function}} component */
export default function ({ data, parentElement, setTriggerValue }) {
  const place = parentElement.querySelector("#labels");
  if (!place.firstChild) {
    const group = make("fieldset", "group");
    group.append(make("legend", "question"));
    place.append(group);
  }
  const group = place.firstChild;
  const rows = data.rows.length || data.pending;
  group.querySelector(".question").textContent = data.question;
  group.setAttribute("aria-busy", String(!data.rows.length));
  while (group.querySelectorAll(".row").length > rows) group.lastChild.remove();
  while (group.querySelectorAll(".row").length < rows) group.append(makeRow("label"));
  group.querySelectorAll(".row").forEach((row, number) => {
    const said = data.rows[number];
    const input = row.querySelector("input");
    row.classList.toggle("pending", !said);
    input.disabled = !said;
    row.querySelector(".title").textContent = said?.name ?? "";
    row.querySelector(".detail").textContent = said?.detail ?? "";
    row.querySelector(".percent").textContent = said?.percent ?? "";
    row.querySelector("i").style.width = `${100 * (said?.share ?? 0)}%`;
    input.value = said?.index ?? "";
  });
  // A choice that is on its way stays: the page may be drawn once more before the answer to it.
  const shown = data.rows.map((row) => row.index).join() + "/" + data.chosen;
  if (place.shown !== shown) {
    place.shown = shown;
    group.querySelectorAll("input").forEach((input) => (input.checked = !!data.chosen && input.value === data.chosen));
  }
  group.onchange = (event) => setTriggerValue("label", event.target.value);
}
