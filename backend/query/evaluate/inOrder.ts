/**
 * Starts up to `parallel` tasks at a time and yields their results in the order of the items. A caller that stops early must
 * abort the tasks itself.
 */
export async function* inOrder<Item, Out>(items: Item[], parallel: number, start: (item: Item) => Promise<Out>): AsyncGenerator<Out> {
  const running: Array<Promise<Out>> = [];
  let next = 0;
  while (next < items.length || running.length > 0) {
    while (running.length < Math.max(1, parallel) && next < items.length) {
      const task = start(items[next++]);
      task.catch(() => undefined); // its turn to be awaited comes, or the caller stopped because of an earlier failure
      running.push(task);
    }
    yield await running.shift()!;
  }
}
