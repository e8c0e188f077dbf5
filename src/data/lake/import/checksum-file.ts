/** The checksum that a provider publishes beside a file: `NAME.CHECKSUM` (Binance) or `NAME.sha256`. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { TidewatchError } from '../../../errors.js';

/**
 * Compares a file with the SHA-256 beside it.
 * @returns false when there is none
 * @throws TidewatchError `checksum_mismatch`
 */
export async function matchesChecksumFile(name: string, path: string): Promise<boolean> {
  for (const ending of ['.CHECKSUM', '.sha256']) {
    const text = await readFile(`${path}${ending}`, 'utf8').catch(() => undefined);
    if (text === undefined) continue;
    const expected = /^\s*([0-9a-f]{64})\b/i.exec(text)?.[1]?.toLowerCase();
    const hash = createHash('sha256');
    for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
    if (hash.digest('hex') === expected) return true;
    throw new TidewatchError('checksum_mismatch', `${name} does not match ${name}${ending}`, {
      hint: `fetch both again; to import the file all the same, remove ${name}${ending}`,
      details: { file: name, checksum_file: `${name}${ending}` },
    });
  }
  return false;
}
