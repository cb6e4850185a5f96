/** A promise as something to wait for; it cannot be taken back, and what is done twice counts once. */
export function whenDone(promise: Promise<void>): (done: () => void) => () => void {
  return (done) => {
    void promise.then(done);
    return () => undefined;
  };
}
