/**
 * Stands behind each script, whose default function is called `draw` here. Streamlit imports a script anew for
 * all new data, and browsers end imports in any order: what is older than what is drawn is not drawn any more.
 *
 * @param {{data: {turn: number}, parentElement: ShadowRoot}} component
 */
export default async function (component) {
  const { data, parentElement: place } = component;
  if (data.turn < place.turn) return;
  place.turn = data.turn;
  place.newest = component;
  const end = await draw(component);
  if (typeof end === "function") return () => place.newest === component && end();
}

/**
 * An element, for any script.
 *
 * @param {string} kind
 * @param {string | object} properties  Its class, or several properties.
 * @param {(Node | string)[]} children
 */
function make(kind, properties, ...children) {
  const given = typeof properties === "string" ? { className: properties } : properties;
  const element = Object.assign(document.createElement(kind), given);
  element.append(...children);
  return element;
}
