/** Theme and palette: of the address where it names them, else as chosen before, else dark and the default palette. */
import { useEffect, useSyncExternalStore } from 'react';
import { changeAddress, useAddress } from '../address/address.js';

export type Theme = 'dark' | 'light' | 'system';
export type Palette = '' | 'cvd' | 'classic';

const THEME_KEY = 'tidewatch.theme';
const PALETTE_KEY = 'tidewatch.palette';

function keptIn(key: string): string {
  try {
    return localStorage.getItem(key) ?? '';
  } catch {
    return '';
  }
}

function keepIn(key: string, value: string): void {
  try {
    localStorage.setItem(key, value);
  } catch {
    // a browser that keeps nothing: the choice holds for this page
  }
}

export interface Appearance {
  readonly theme: Theme;
  readonly palette: Palette;
  readonly shown: 'dark' | 'light';
}

const light = matchMedia('(prefers-color-scheme: light)');

function useSystemTheme(): 'dark' | 'light' {
  const isLight = useSyncExternalStore(
    (listener) => {
      light.addEventListener('change', listener);
      return () => light.removeEventListener('change', listener);
    },
    () => light.matches,
  );
  return isLight ? 'light' : 'dark';
}

export function useAppearance(): Appearance {
  const { query } = useAddress();
  const system = useSystemTheme();
  const asked = query.get('theme') ?? keptIn(THEME_KEY);
  const theme: Theme = asked === 'light' || asked === 'system' ? asked : 'dark';
  const colors = query.get('palette') ?? keptIn(PALETTE_KEY);
  const palette: Palette = colors === 'cvd' || colors === 'classic' ? colors : '';
  return { theme, palette, shown: theme === 'system' ? system : theme };
}

/** Puts the appearance on the page; charts read it from there. */
export function useAppliedAppearance(): Appearance {
  const appearance = useAppearance();
  const { shown, palette } = appearance;
  useEffect(() => {
    const { dataset } = document.documentElement;
    if (dataset.theme === shown && (dataset.palette ?? '') === palette) return;
    dataset.theme = shown;
    dataset.palette = palette;
    dispatchEvent(new Event(APPEARANCE_CHANGED));
  }, [shown, palette]);
  return appearance;
}

/** Sent to the window after the tokens have changed. */
export const APPEARANCE_CHANGED = 'tidewatch:appearance';

export function chooseTheme(theme: Theme): void {
  keepIn(THEME_KEY, theme);
  changeAddress({ theme: theme === 'dark' ? undefined : theme }, true);
}

export function choosePalette(palette: Palette): void {
  keepIn(PALETTE_KEY, palette);
  changeAddress({ palette }, true);
}
