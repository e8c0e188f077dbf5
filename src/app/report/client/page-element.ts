/** Elements of the page: found by their id, or made. Plain elements, no markup. */

/** The element must be there: the page was written with it. */
export function byId<T extends HTMLElement>(id: string): T {
  return document.getElementById(id) as T;
}

/** An element with class and content; strings become text, never markup. */
export function node(tag: string, className: string, ...content: (string | Node)[]): HTMLElement {
  const made = document.createElement(tag);
  made.className = className;
  made.append(...content);
  return made;
}
