/** Returns `count` different orders of the steps, the same in each test run: a run claims its place before it writes. */
export function arbitraryOrders(steps: readonly string[], count: number): string[][] {
  let seed = 7;
  const random = () => {
    seed = (seed * 1103515245 + 12345) % 2147483648;
    return seed / 2147483648;
  };
  const orders = new Map<string, string[]>();
  for (let tries = 0; orders.size < count && tries < count * 100; tries++) {
    const order = steps.toSorted(() => random() - 0.5);
    const isPossible = ["A", "B"].every((run) => order.indexOf(`claim ${run}`) < order.indexOf(`write ${run}`));
    if (isPossible) orders.set(order.join(), order);
  }
  return [...orders.values()];
}
