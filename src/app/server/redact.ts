/**
 * What leaves the machine in an error's sentence: no folder of it and no secret. The home reads `<home>`, any other
 * absolute path its last name only. The log keeps the whole sentence.
 */
import { homedir } from 'node:os';

// at least one separator after the root, preceded by nothing that makes it part of a URL, a route or a ratio
const POSIX_PATH = /(?<![\w:/.<>*-])\/(?:[^\s/"'`:,;()<>|]+\/)+([^\s/"'`:,;()<>|]*)/g;
const WINDOWS_PATH = /\b[A-Za-z]:\\(?:[^\s\\"'`:,;()<>|]+\\)*([^\s\\"'`:,;()<>|]*)/g;

/** A function that hides these secrets, and folders of this machine, in any text. */
export function makeRedact(home: string, secrets: readonly (string | null)[]): (text: string) => string {
  const known = secrets.filter((secret) => secret !== null && secret.length >= 4) as string[];
  const folders: [string, string][] = [
    [home, '<home>'],
    [process.cwd(), '<folder>'],
    [homedir(), '~'],
  ];
  return (text) => {
    let clean = text;
    for (const secret of known) clean = clean.replaceAll(secret, '****');
    for (const [folder, name] of folders) if (folder.length > 1) clean = clean.replaceAll(folder, name);
    return clean
      .replaceAll(POSIX_PATH, (whole, last: string) => (isRoute(whole) ? whole : last || '<folder>'))
      .replaceAll(WINDOWS_PATH, (_, last: string) => last || '<folder>');
  };
}

/** Addresses of this server are no secret. */
function isRoute(path: string): boolean {
  return /^\/(api|reports|docs)\//.test(path);
}
