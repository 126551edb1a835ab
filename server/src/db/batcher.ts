/** Collects the keys asked for while a query runs into the next one: a storm of reconnects comes to few queries. */
export function createBatcher<V>(
  load: (keys: string[]) => Promise<Map<string, V>>,
  keysPerQuery = 500,
): (key: string) => Promise<V | undefined> {
  let waiting = new Map<string, PromiseWithResolvers<V | undefined>>();
  let running = false;

  async function run(): Promise<void> {
    running = true;
    await Promise.resolve();
    while (waiting.size > 0) {
      const batch = [...waiting].slice(0, keysPerQuery);
      waiting = new Map([...waiting].slice(keysPerQuery));
      try {
        const found = await load(batch.map(([key]) => key));
        for (const [key, answer] of batch) answer.resolve(found.get(key));
      } catch (error) {
        for (const [, answer] of batch) answer.reject(error);
      }
    }
    running = false;
  }

  return (key) => {
    const same = waiting.get(key) ?? Promise.withResolvers<V | undefined>();
    waiting.set(key, same);
    if (!running) void run();
    return same.promise;
  };
}
