const PAUSE = 300; // milliseconds

// Outlive the element: the page may be drawn again before it hears of what was received.
/** @type {Map<string, Promise<void>>} */
const received = new Map();
/** @type {Set<string>} */
const read = new Set();

/**
 * Saves the file that the page hands over, once, and says that it was received; shows what is being made, and
 * what could not be.
 *
 * @param {object} component
 * @param {{file: ?{identity: string, name: string, address: string}, making: string, failed: ?[string, string],
 *   close: string}} component.data
 * @param {ShadowRoot} component.parentElement
 * @param {(name: string, value: string) => void} component.setStateValue
 */
export default async function ({ data, parentElement, setStateValue }) {
  tell(parentElement.querySelector("#deliver"), data);
  if (!data.file) return;
  const { identity, name, address } = data.file;
  if (!received.has(identity)) received.set(identity, save(address, name));
  await received.get(identity);
  setStateValue("received", identity);
}

/** @param {HTMLElement} place @param {{making: string, failed: ?[string, string], close: string}} data */
function tell(place, { making, failed, close }) {
  if (!place.firstChild) {
    for (const role of ["status", "alert"]) {
      const line = document.createElement("p");
      line.setAttribute("role", role);
      place.append(line);
    }
  }
  const [status, alert] = place.children;
  if (status.textContent !== making) status.textContent = making;
  const [identity, text] = failed && !read.has(failed[0]) ? failed : ["", ""];
  if (alert.dataset.identity === identity) return;
  alert.dataset.identity = identity;
  alert.textContent = text;
  if (!text) return;
  const button = document.createElement("button");
  button.textContent = "×";
  button.setAttribute("aria-label", close);
  button.onclick = () => {
    read.add(identity);
    alert.textContent = "";
  };
  alert.append(button);
}

/** @param {string} address @param {string} name */
async function save(address, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(await fetchFile(address));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

/** @param {string} address @returns {Promise<Blob>} */
async function fetchFile(address) {
  for (;;) {
    const answer = await fetch(`.${address}`).catch(() => null);
    if (answer?.ok) return answer.blob();
    // Between two runs of the page, the file is gone for a moment.
    await new Promise((resolve) => setTimeout(resolve, PAUSE));
  }
}
