/** A process that opens the embedded database of the store bench and asks it for the records of the drivers: prints the ms of each. */
const started = performance.now();
const { Store } = await import('../src/platform/store/store.js');
const loaded = performance.now();
const store = await Store.open({ engine: 'pglite', folder: process.argv[2]! });
const opened = performance.now();
await store.driverRecords.list('onchain_crypto');
const answered = performance.now();
const { user, system } = process.cpuUsage();
console.log(
  JSON.stringify({
    loading: loaded - started,
    opening: opened - loaded,
    first_answer: answered - opened,
    since_process_began: answered,
    cpu: (user + system) / 1000,
  }),
);
await store.close();
