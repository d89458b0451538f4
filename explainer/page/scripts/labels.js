/**
 * The best labels with their probabilities; the row that is chosen is explained.
 *
 * @typedef {{index: string, name: string, detail: string, lang: string, share: number, percent: string}} Row
 * @typedef {{question: string, chosen: string, rows: Row[], pending: number}} Data
 */

/** @param {string} group */
function makeRow(group) {
  return make(
    "label", "row",
    make("input", { type: "radio", name: group }),
    make("span", "name", make("span", "title"), make("span", "detail")),
    make("span", "bar", make("i", "")),
    make("span", "percent"),
  );
}

/** @param {{data: Data, key: string, parentElement: ShadowRoot, setTriggerValue: Function}} component */
export default function ({ data, parentElement, setTriggerValue }) {
  const place = parentElement.querySelector("#labels");
  if (!place.firstChild) place.append(make("fieldset", "group", make("legend", "question")));
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
