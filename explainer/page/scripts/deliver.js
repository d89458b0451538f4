const PAUSE = 300; // milliseconds

/**
 * Saves the file that the page hands over, once, and says that it was received.
 *
 * @param {object} component
 * @param {{file: ?{identity: string, name: string, address: string}}} component.data
 * @param {(name: string, value: string) => void} component.setStateValue
 */
export default async function ({ data, setStateValue }) {
  if (!data.file) return;
  const { identity, name, address } = data.file;
  // On the window, which outlives this element: the page may be drawn again before it hears of this.
  const received = (window.limelightReceived ??= new Map());
  if (!received.has(identity)) received.set(identity, save(address, name));
  await received.get(identity);
  setStateValue("received", identity);
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
