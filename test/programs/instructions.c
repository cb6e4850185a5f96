/* Executes 200 million instructions in a loop, and next to none beside it. */
int main(void) {
  unsigned long rounds = 100000000;
#if defined(__x86_64__)
  __asm__ volatile("1: dec %0; jnz 1b" : "+r"(rounds) : : "cc");
#elif defined(__aarch64__)
  __asm__ volatile("1: subs %0, %0, #1; b.ne 1b" : "+r"(rounds) : : "cc");
#endif
  return (int)rounds;
}
