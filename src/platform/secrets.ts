/** What must stand in no log, error, notice or report, wherever the text came from. */
import type { LoadedConfig } from './config.js';

const NAMED = /^TIDEWATCH_.*(KEY|SECRET|TOKEN|PASSPHRASE|HASH|SESSION|PASSWORD|RPC_URL)$/;
/** Shorter ones would blank out half of every line. */
const LEAST_LENGTH = 4;

/** Keys of the environment and the secrets file, and of addresses the whole and the parts that open something alone. */
export function secretsOf({ config, environment }: LoadedConfig): readonly string[] {
  const named = Object.entries(environment).filter(([name]) => NAMED.test(name));
  const addresses = [
    config.db.url,
    config.notify.webhook_url,
    ...Object.values(config.venues).map(({ base_url }) => base_url),
  ];
  const secrets = [
    config.http.token,
    config.db.url,
    config.notify.webhook_url,
    ...named.map(([, value]) => value),
    ...addresses.flatMap((address) => (address === null ? [] : partsOf(address))),
  ];
  return secrets.filter(
    (value): value is string => typeof value === 'string' && value.length >= LEAST_LENGTH,
  );
}

/** A text in which every secret reads ****. */
export function withoutSecrets(text: string, secrets: readonly string[]): string {
  // the longest first: a password inside an address must not leave the rest of it standing
  return [...secrets]
    .sort((a, b) => b.length - a.length)
    .reduce((clean, secret) => clean.replaceAll(secret, '****'), text);
}

/** The password, as it is written and as it reads; a query; a path that holds something like a key. */
function partsOf(address: string): readonly string[] {
  if (!URL.canParse(address)) return [];
  const { password, pathname, search } = new URL(address);
  const path = /[\w-]{16,}/.test(pathname) ? [pathname] : [];
  return [password, readable(password), search.slice(1), ...path];
}

function readable(text: string): string {
  return new URLSearchParams(`text=${text.replaceAll('+', '%2B')}`).get('text') ?? '';
}
