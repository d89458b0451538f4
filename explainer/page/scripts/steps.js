/**
 * Has the browser's history hold the steps that a visitor takes, each once: Streamlit makes an entry of every
 * change of the address, and of one step several changes may follow.
 *
 * @param {{data: {steps: string[]}}} component
 *   What in the address is a step if it changes.
 */
export default function ({ data }) {
  if (history.limelightSteps) return;
  history.limelightSteps = true;
  let acted = false; // since the last step
  for (const kind of ["pointerdown", "keydown", "change", "drop"]) {
    addEventListener(kind, () => (acted = true), { capture: true });
  }
  const push = history.pushState.bind(history);
  history.pushState = (state, title, address) => {
    const before = new URLSearchParams(location.search);
    const after = new URL(address, location.href).searchParams;
    const isStep = acted && data.steps.some((step) => before.get(step) !== after.get(step));
    if (isStep) acted = false;
    (isStep ? push : history.replaceState.bind(history))(state, title, address);
  };
}
