"use strict";
// The order and the kinds of the cards were found out when the page was written; here they are only applied.
const form = document.querySelector("form.controls");
if (form) {
  const place = document.getElementById("cards");
  const count = document.getElementById("count");
  const cell = document.getElementById("cell");
  const group = document.getElementById("group");
  const columns = Array.from(form.querySelectorAll("[data-column]"));
  const search = document.getElementById("search");
  const [sort, show, label] = ["sort", "show", "class"].map((name) => document.getElementById(name));
  const controls = [sort, show, label, search, ...(group ? [group] : []), ...columns];
  const usual = controls.map((control) => control.value);
  const numbers = new Intl.NumberFormat(document.documentElement.lang);
  const folded = (text) => text.normalize("NFKC").toLocaleLowerCase();
  const filled = (template, values) => template.replace(/{(\w+)}/g, (whole, name) => values[name] ?? whole);
  const names = new Map(Array.from(label.options, (option) => [option.value, option.text]));
  const listed = new Set(JSON.parse(document.querySelector("[data-classes]")?.dataset.classes ?? "[]"));
  const cards = Array.from(place.children, (element) => ({
    element,
    kinds: element.dataset.kinds.split(" "),
    truth: element.dataset.truth,
    said: element.dataset.said,
    labels: JSON.parse(element.dataset.labels ?? "null") ?? [element.dataset.truth, element.dataset.said],
    groups: JSON.parse(element.dataset.groups ?? "[]"),
    text: element.dataset.text,
  }));
  let shownOrder = usual[0] + "\n";
  let truth = "";
  let said = "";

  const isClass = (name, wanted) => !wanted || (wanted === "*" ? name && !listed.has(name) : name === wanted);

  const arrange = () => {
    const order = sort.value + "\n" + (group?.value ?? "");
    if (order === shownOrder) return;
    shownOrder = order;
    const ranked = [];
    for (const card of cards) ranked[card.element.dataset[sort.value]] = card;
    const column = columns.findIndex((select) => select.dataset.column === group?.value);
    // Those of which the table says nothing come last.
    if (column >= 0) ranked.sort((one, other) => (one.groups[column] >>> 0) - (other.groups[column] >>> 0));
    cards.splice(0, cards.length, ...ranked);
    for (const heading of place.querySelectorAll(":scope > .group")) heading.remove();
    const elements = document.createDocumentFragment();
    let last;
    for (const card of cards) {
      if (column >= 0 && card.groups[column] !== last) {
        last = card.groups[column];
        const heading = document.createElement("h2");
        heading.className = "group";
        heading.dataset.number = last;
        elements.append(heading);
      }
      elements.append(card.element);
    }
    place.append(elements);
  };

  const head = () => {
    const column = columns.findIndex((select) => select.dataset.column === group?.value);
    for (const heading of place.querySelectorAll(":scope > .group")) {
      const number = Number(heading.dataset.number);
      const mine = cards.filter((card) => card.groups[column] === number && !card.element.hidden);
      const known = mine.filter((card) => card.truth && card.said);
      const right = known.filter((card) => card.truth === card.said);
      const name = number < 0 ? "–" : columns[column].options[number + 1].value;
      const figures = { right: numbers.format(right.length), number: numbers.format(known.length) };
      heading.hidden = !mine.length;
      heading.textContent = `${group.selectedOptions[0].text}: ${name} (${numbers.format(mine.length)})`;
      if (known.length) heading.textContent += ` · ${filled(count.dataset.right, figures)}`;
    }
  };

  const apply = () => {
    arrange();
    const words = folded(search.value).split(/\s+/).filter(Boolean);
    const wanted = columns.map((select) => select.selectedIndex - 1);
    let shown = 0;
    for (const card of cards) {
      const chosen =
        (show.value === "all" || card.kinds.includes(show.value)) &&
        (!label.value || card.labels.includes(label.value)) &&
        isClass(card.truth, truth) &&
        isClass(card.said, said) &&
        wanted.every((number, i) => number < 0 || card.groups[i] === number) &&
        words.every((word) => card.text.includes(word));
      if (card.element.hidden === chosen) card.element.hidden = !chosen;
      shown += chosen;
    }
    head();
    const named = (name) => (name === "*" ? cell.dataset.others : names.get(name) ?? name);
    const template = truth && said ? cell.dataset.both : truth ? cell.dataset.truth : cell.dataset.said;
    cell.textContent = filled(template, { truth: named(truth), said: named(said) }) + " ✕";
    cell.hidden = !truth && !said;
    count.textContent = filled(count.dataset.template, {
      shown: numbers.format(shown),
      total: numbers.format(cards.length),
    });
  };

  const remember = () => {
    const state = new URLSearchParams({ ...(truth && { truth }), ...(said && { said }) });
    controls.forEach((control, i) => {
      if (control.value !== usual[i]) state.set(control.name || control.id, control.value);
    });
    history.replaceState(null, "", "#" + state);
  };

  const recall = () => {
    const state = new URLSearchParams(location.hash.slice(1));
    truth = state.get("truth") ?? "";
    said = state.get("said") ?? "";
    controls.forEach((control, i) => {
      control.value = state.get(control.name || control.id) ?? usual[i];
      if (control.selectedIndex === -1) control.value = usual[i];
    });
    if (columns.some((select) => select.value)) form.querySelector(".columns").open = true;
    apply();
  };

  const forget = () => {
    truth = said = "";
    apply();
    remember();
  };

  form.addEventListener("input", () => { apply(); remember(); });
  form.addEventListener("reset", () => setTimeout(forget));
  form.addEventListener("submit", (event) => event.preventDefault());
  cell.addEventListener("click", () => { forget(); search.focus({ preventScroll: true }); });
  addEventListener("hashchange", () => {
    if (location.hash === "#photos") return;
    recall();
    if (location.hash.length > 1) form.scrollIntoView();
  });
  form.hidden = false;
  recall();
}
