/**
 * Where photos come in: a large area while there are none, a small button afterwards. Files may be dropped anywhere
 * on the page, or pasted; they are handed to Streamlit's own uploader, which stays out of sight.
 *
 * @typedef {{large: boolean, choose: string, drop: string, kinds: string, anywhere: string, most: number,
 *   streamlit: Object<string, string>}} Data
 */

const INPUT = '[data-testid="stFileUploaderDropzoneInput"]';
const PATIENCE = 1500; // milliseconds
const TRIES = 5; // more
const UPLOADING = '[data-testid="stFileChipIconSpinner"]';
const FAILED = '[data-testid="stFileChip"][aria-invalid="true"]';
const NAME = '[data-testid="stFileChipName"]';
const REMOVE = '[data-testid="stFileChipDeleteBtn"]';

/** Streamlit's own words in the camera's panel, by the text that has ours in their place. */
const theirs = new WeakMap();

/** @param {Node} root  @param {Object<string, string>} words */
function translate(root, words) {
  const texts = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const text = texts.currentNode;
    const known = theirs.get(text);
    const original = known?.ours === text.data ? known.original : text.data.trim();
    const ours = words[original];
    if (!ours) continue;
    theirs.set(text, { original, ours });
    if (text.data !== ours) text.data = ours;
  }
}

/** @param {DragEvent} event */
const bringsFiles = (event) => !!event.dataTransfer?.types.includes("Files");

/** @param {DataTransfer} transfer */
function filesAndFolders(transfer) {
  const items = [...transfer.items].filter((item) => item.kind === "file");
  const isFolder = (item) => !!item.webkitGetAsEntry?.()?.isDirectory;
  return {
    files: items.filter((item) => !isFolder(item)).map((item) => item.getAsFile()),
    folders: items.filter(isFolder).map((item) => item.getAsFile()),
  };
}

/** @param {{data: Data, parentElement: ShadowRoot, setTriggerValue: Function}} component */
export default function ({ data, parentElement, setTriggerValue }) {
  const place = parentElement.querySelector("#drop");
  if (!place.firstChild) {
    const plus = make("span", { textContent: "+", ariaHidden: "true" });
    place.append(
      make("button", { type: "button" }, plus, make("b", {}), make("small", {})),
      make("div", { className: "overlay", hidden: true }, make("p", {})),
    );
  }
  const button = place.querySelector("button");
  const overlay = place.querySelector(".overlay");
  button.className = data.large ? "large" : "small";
  button.querySelector("b").textContent = data.large ? data.drop : data.choose;
  button.querySelector("small").textContent = data.large ? data.kinds : "";
  button.title = data.large ? "" : `${data.choose} – ${data.kinds}`;
  overlay.firstChild.textContent = data.anywhere;
  button.onclick = () => {
    const input = document.querySelector(INPUT);
    input.value = ""; // else the same file can't be chosen again
    input.click();
  };
  place.data = data;
  place.refuse = (refused) => setTriggerValue("refused", refused);
  place.stop ??= listen(place, overlay);
  return place.stop;
}

/** @param {HTMLElement} place  @param {HTMLElement} overlay */
function listen(place, overlay) {
  const stop = new AbortController();
  const hear = (name, act) => window.addEventListener(name, act, { capture: true, signal: stop.signal });
  let isOurs = false; // a picture of the page itself, which browsers give out as a file as well
  let isHandedOver = false;

  let refused = [];
  /** @param {{name: string}[]} files  @param {"large" | "folder" | "failed"} reason */
  const refuse = (files, reason) => {
    if (!files.length) return;
    if (!refused.length) setTimeout(() => (place.refuse(refused), (refused = []))); // all at once
    refused.push(...files.map(({ name }) => ({ name, reason })));
  };
  /** @param {File[]} files  @param {number} tries */
  const handOver = (files, tries = TRIES) => {
    const input = document.querySelector(INPUT);
    // Streamlit's server forgets its answer to an uploader that asks just when a run of the page begins, and the
    // uploader waits for ever. Should the answer only be late, the same photo twice is one.
    const again = setTimeout(() => {
      taken.disconnect();
      if (tries) handOver(files, tries - 1);
      else refuse(files, "failed");
    }, PATIENCE);
    const taken = new MutationObserver(() => (taken.disconnect(), clearTimeout(again)));
    if (!input) return; // it comes a little later than the rest of the page
    taken.observe(input.closest('[data-testid="stFileUploader"]'), { subtree: true, childList: true });
    const transfer = new DataTransfer();
    files.forEach((file) => transfer.items.add(file));
    isHandedOver = true;
    input.files = transfer.files;
    input.dispatchEvent(new Event("change", { bubbles: true }));
    isHandedOver = false;
  };
  /** @param {File[]} files  @param {File[]} folders */
  const take = (files, folders = []) => {
    const large = files.filter((file) => file.size > place.data.most);
    refuse(large, "large");
    refuse(folders, "folder");
    const kept = files.filter((file) => !large.includes(file));
    if (kept.length) handOver(kept);
  };
  hear("dragstart", () => (isOurs = true));
  hear("dragend", () => (isOurs = false));
  for (const name of ["dragenter", "dragover", "drop"]) {
    hear(name, (event) => {
      if (isOurs || !bringsFiles(event)) return;
      event.preventDefault();
      event.stopPropagation(); // Streamlit's uploader would take it too
      event.dataTransfer.dropEffect = "copy";
      overlay.hidden = name === "drop";
      if (name !== "drop") return;
      const { files, folders } = filesAndFolders(event.dataTransfer);
      take(files, folders);
    });
  }
  hear("dragleave", (event) => (overlay.hidden ||= !event.relatedTarget));
  hear("paste", (event) => take([...(event.clipboardData?.files ?? [])]));
  hear("change", (event) => {
    if (isHandedOver || !event.target.matches?.(INPUT)) return;
    event.stopPropagation();
    take([...event.target.files]);
  });
  const streamlit = new MutationObserver(() => {
    place.classList.toggle("busy", !!document.querySelector(`.st-key-uploads ${UPLOADING}`));
    document.querySelectorAll(`.st-key-uploads ${FAILED}`).forEach((chip) => {
      refuse([{ name: chip.querySelector(NAME)?.textContent ?? "" }], "failed");
      chip.removeAttribute("aria-invalid");
      chip.querySelector(`${REMOVE} button`)?.click();
    });
    document.querySelectorAll('[data-testid="stCameraInput"]').forEach((panel) => {
      translate(panel, place.data.streamlit);
    });
  });
  streamlit.observe(document.body, { subtree: true, childList: true, characterData: true });
  return () => {
    stop.abort();
    streamlit.disconnect();
    place.stop = undefined;
  };
}
