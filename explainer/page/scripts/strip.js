/**
 * The photos so far and the examples in one row. A picture is the button that has it looked at; arrow keys go from
 * one to the next, and Delete lets go of a photo of one's own.
 *
 * @typedef {{id: string, words: string, caption: string, mark: string, source: string, chosen: boolean,
 *   remove: string}} Tile
 * @typedef {{large: boolean, title: string, tiles: Tile[]}} Data
 */

/** @param {string} id */
function makeTile(id) {
  const button = make("button", "photo", make("img", ""), make("b", ""), make("small", ""));
  const remove = make("button", "remove");
  remove.textContent = "×";
  remove.tabIndex = -1; // the Delete key does the same
  button.type = remove.type = "button";
  const tile = make("div", "tile", button, remove);
  tile.dataset.id = id;
  return tile;
}

/** @param {HTMLElement} tile  @param {Tile} data */
function fill(tile, { words, caption, mark, source, chosen, remove }) {
  const [button, cross] = tile.children;
  const picture = button.querySelector("img");
  picture.alt = ""; // the button has its words
  if (source && picture.getAttribute("src") !== source) picture.src = source;
  tile.classList.toggle("pending", !source);
  tile.classList.toggle("own", !!remove);
  button.setAttribute("aria-label", words);
  button.setAttribute("aria-pressed", String(chosen));
  button.title = words;
  button.querySelector("b").textContent = caption;
  button.querySelector("small").textContent = mark;
  cross.hidden = !remove;
  cross.title = remove;
  cross.setAttribute("aria-label", remove);
  if (remove) button.setAttribute("aria-keyshortcuts", "Delete");
}

/** @param {{data: Data, parentElement: ShadowRoot, setTriggerValue: Function}} component */
export default function ({ data, parentElement, setTriggerValue }) {
  const place = parentElement.querySelector("#strip");
  if (!place.firstChild) place.append(make("p", "title"), make("div", "row"));
  const [title, row] = place.children;
  place.className = data.large ? "large" : "small";
  title.textContent = data.title;
  row.setAttribute("role", "toolbar");
  row.setAttribute("aria-label", data.title);

  const known = new Map([...row.children].map((tile) => [tile.dataset.id, tile]));
  const tiles = data.tiles.map((each) => {
    const tile = known.get(each.id) ?? makeTile(each.id);
    fill(tile, each);
    known.delete(each.id);
    return tile;
  });
  known.forEach((tile) => tile.remove());
  tiles.forEach((tile, number) => {
    if (row.children[number] !== tile) row.insertBefore(tile, row.children[number] ?? null);
  });

  const buttons = tiles.map((tile) => tile.firstChild);
  const chosen = data.tiles.findIndex((each) => each.chosen);
  const reachable = (button) => buttons.forEach((each) => (each.tabIndex = each === button ? 0 : -1));
  const focused = buttons.includes(parentElement.activeElement) ? parentElement.activeElement : null;
  reachable(focused ?? buttons[Math.max(0, chosen)]);
  const shown = data.tiles[chosen]?.id;
  if (place.shown !== shown) {
    place.shown = shown;
    const tile = tiles[chosen];
    if (tile) row.scrollTo({ left: tile.offsetLeft - (row.clientWidth - tile.offsetWidth) / 2 });
  }

  const remove = (number) => {
    if (!data.tiles[number].remove) return;
    buttons[number + 1 < buttons.length ? number + 1 : number - 1]?.focus();
    setTriggerValue("remove", data.tiles[number].id);
  };
  row.onclick = (event) => {
    const number = tiles.indexOf(event.target.closest(".tile"));
    if (number < 0) return;
    if (event.target.closest(".remove")) return remove(number);
    buttons.forEach((button, other) => button.setAttribute("aria-pressed", String(other === number)));
    setTriggerValue("take", data.tiles[number].id);
  };
  row.onkeydown = (event) => {
    const number = buttons.indexOf(parentElement.activeElement);
    const steps = { ArrowLeft: number - 1, ArrowRight: number + 1, Home: 0, End: buttons.length - 1 };
    if (number < 0 || event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.key === "Delete") remove(number);
    else if (event.key in steps) buttons[steps[event.key]]?.focus();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  row.onfocusin = (event) => buttons.includes(event.target) && reachable(event.target);
}
