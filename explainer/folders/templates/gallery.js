"use strict";
// The order and the kinds of the cards were found out when the page was written; here they are only applied.
const form = document.querySelector("form.controls");
if (form) {
  const place = document.getElementById("cards");
  const count = document.getElementById("count");
  const controls = ["sort", "show", "class", "search"].map((name) => document.getElementById(name));
  const usual = controls.map((control) => control.value);
  const numbers = new Intl.NumberFormat(document.documentElement.lang);
  const folded = (text) => text.normalize("NFKC").toLocaleLowerCase();
  const cards = Array.from(place.children, (element) => ({
    element,
    kinds: element.dataset.kinds.split(" "),
    labels: JSON.parse(element.dataset.labels),
    text: element.dataset.text,
  }));
  let order = usual[0];

  const apply = () => {
    const [sort, show, label, search] = controls.map((control) => control.value);
    if (sort !== order) {
      order = sort;
      cards.sort((one, other) => one.element.dataset[sort] - other.element.dataset[sort]);
      place.append(...cards.map((card) => card.element));
    }
    const words = folded(search).split(/\s+/);
    let shown = 0;
    for (const card of cards) {
      const chosen =
        (show === "all" || card.kinds.includes(show)) &&
        (!label || card.labels.includes(label)) &&
        words.every((word) => card.text.includes(word));
      card.element.hidden = !chosen;
      shown += chosen;
    }
    count.textContent = count.dataset.template
      .replace("{shown}", numbers.format(shown))
      .replace("{total}", numbers.format(cards.length));
  };

  const remember = () => {
    const state = new URLSearchParams();
    controls.forEach((control, i) => {
      if (control.value !== usual[i]) state.set(control.id, control.value);
    });
    history.replaceState(null, "", "#" + state);
  };

  const recall = () => {
    const state = new URLSearchParams(location.hash.slice(1));
    controls.forEach((control, i) => {
      control.value = state.get(control.id) ?? usual[i];
      if (control.selectedIndex === -1) control.value = usual[i];
    });
    apply();
  };

  form.addEventListener("input", () => { apply(); remember(); });
  form.addEventListener("reset", () => setTimeout(() => { apply(); remember(); }));
  form.addEventListener("submit", (event) => event.preventDefault());
  addEventListener("hashchange", recall);
  form.hidden = false;
  recall();
}
