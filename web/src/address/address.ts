/**
 * The address holds the view: page, series, model, range, switches. Reload, Back and a pasted link restore the picture.
 * No router: pages are few, and what changes is almost always the query.
 */
import { useSyncExternalStore } from 'react';

export interface Address {
  /** `/lab`, `/runs/<id>` … */
  readonly path: string;
  readonly query: URLSearchParams;
}

/** Undefined or empty takes the name out of the address. */
export type AddressChange = Readonly<Record<string, string | undefined>>;

/** What stays when another page is opened. */
const KEPT = ['s', 'tf', 'model', 'profile', 'palette', 'theme', 'zone'];

const listeners = new Set<() => void>();
let current = read();

function read(): Address {
  return { path: location.pathname, query: new URLSearchParams(location.search) };
}

function announce(): void {
  current = read();
  for (const listener of listeners) listener();
}

addEventListener('popstate', announce);

export function withChange(query: URLSearchParams, change: AddressChange): URLSearchParams {
  const next = new URLSearchParams(query);
  for (const [name, value] of Object.entries(change)) {
    if (value === undefined || value === '') next.delete(name);
    else next.set(name, value);
  }
  return next;
}

/** `,`, `:` and `/` stay readable in a query; nothing else is spared. */
export function hrefOf(path: string, query: URLSearchParams): string {
  const text = query.toString().replace(/%3A/gi, ':').replace(/%2F/gi, '/').replace(/%2C/gi, ',');
  return text === '' ? path : `${path}?${text}`;
}

/** Address of another page that keeps series, model and appearance. */
export function pageHref(path: string, change: AddressChange = {}, from: Address = current): string {
  const kept = new URLSearchParams([...from.query].filter(([name]) => KEPT.includes(name)));
  return hrefOf(path, withChange(kept, change));
}

export function openHref(href: string): void {
  history.pushState(null, '', href);
  announce();
}

/** @param replace true where Back should not stop: a drag, a default that was filled in */
export function changeAddress(change: AddressChange, replace = false): void {
  const href = hrefOf(current.path, withChange(current.query, change));
  if (href === hrefOf(current.path, current.query)) return;
  if (replace) history.replaceState(null, '', href);
  else history.pushState(null, '', href);
  announce();
}

export function currentAddress(): Address {
  return current;
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function useAddress(): Address {
  return useSyncExternalStore(subscribe, currentAddress);
}
