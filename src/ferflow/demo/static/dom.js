// Small things that every part of the page needs.

export const at = (id) => document.getElementById(id);

/** Make an element; text is never read as HTML. */
export function make(tag, properties = {}, ...children) {
  const { attributes = {}, ...rest } = properties;
  const element = Object.assign(document.createElement(tag), rest);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

export const percent = (share) => `${(100 * share).toFixed(0)}%`;

/** Classes with their probabilities, most probable first. */
export const ranked = (probabilities) => Object.entries(probabilities).sort(([, a], [, b]) => b - a);

/** Show one sentence as an error, or none. */
export function showError(sentence = "") {
  at("error").textContent = sentence;
  at("error").hidden = !sentence;
}

export function showStatus(sentence) {
  at("status").textContent = sentence;
}

/** Ask the server; throw an Error of one sentence if it has no answer. */
export async function ask(path, blob) {
  let response;
  try {
    response = await fetch(path, blob ? { method: "POST", body: blob } : {});
  } catch {
    throw new Error("ferflow does not answer any more; start `ferflow demo` again in the terminal");
  }
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw new Error(answer.error ?? `ferflow answered ${response.status}`);
  return answer;
}

/** The address of a question about a photo: its face, and what else is asked. */
export function address(path, photo, more = {}) {
  return `${path}?${new URLSearchParams({ is_face: photo.isFace, ...more })}`;
}
