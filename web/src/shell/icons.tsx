/** Line icons of 16 px, drawn here: eight shapes are no reason for a library. */

const PATHS = {
  lab: 'M6 2h4M7 2v4.2L3.4 12.4A1 1 0 0 0 4.3 14h7.4a1 1 0 0 0 .9-1.6L9 6.2V2M5.2 10h5.6',
  posture: 'M2.2 11.5a6 6 0 1 1 11.6 0M8 11.5l2.8-4.2M8 11.5h.01M4.2 11.5h-.8M12.6 11.5h-.8M8 5.4v.8',
  majors: 'M8 2.5v11M5 13.5h6M3 4.5h10M3 4.5 1.4 9h3.2L3 4.5ZM13 4.5 11.4 9h3.2L13 4.5Z',
  models: 'M8 2 2.5 5 8 8l5.5-3L8 2ZM2.5 8 8 11l5.5-3M2.5 11 8 14l5.5-3',
  runs: 'M2.5 4h1M6 4h7.5M2.5 8h1M6 8h7.5M2.5 12h1M6 12h7.5',
  known: 'M8 2.5A5.5 5.5 0 1 1 3.2 5.3M3 2.5v3h3M8 5v3.2l2.2 1.3',
  data: 'M8 2c3 0 5 .9 5 2s-2 2-5 2-5-.9-5-2 2-2 5-2ZM3 4v8c0 1.1 2 2 5 2s5-.9 5-2V4M3 8c0 1.1 2 2 5 2s5-.9 5-2',
  settings:
    'M8 5.8a2.2 2.2 0 1 0 0 4.4 2.2 2.2 0 0 0 0-4.4ZM8 1.8v1.8M8 12.4v1.8M1.8 8h1.8M12.4 8h1.8M3.6 3.6l1.3 1.3M11.1 11.1l1.3 1.3M3.6 12.4l1.3-1.3M11.1 4.9l1.3-1.3',
  uptrend: 'M1.8 12 5.6 8l2.6 2.4 6-6.4M10.4 4h3.8v3.8',
  search: 'M7 2.5a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9ZM10.4 10.4 14 14',
  export: 'M8 2v8M5 7l3 3 3-3M2.5 11v2.5h11V11',
  more: 'M3.5 8h.01M8 8h.01M12.5 8h.01',
  close: 'M4 4l8 8M12 4l-8 8',
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name }: { name: IconName }) {
  return (
    <svg className="icon" viewBox="0 0 16 16" aria-hidden="true">
      <path d={PATHS[name]} />
    </svg>
  );
}

export function Mark() {
  return (
    <svg className="mark" viewBox="0 0 24 24" aria-hidden="true">
      <rect width="24" height="24" rx="5.5" />
      <path d="M4.5 13.5c1.6-3.4 3.4-5 5-3.6 1.8 1.6 2.6 5.2 4.6 5.4 2 .2 3.4-2.6 5.4-6.3" />
    </svg>
  );
}
