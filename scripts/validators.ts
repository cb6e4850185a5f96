import { missingPackages } from "../test/helpers/validators.ts";
import { installPackages } from "./packages.ts";

/** Installs what tests need that others made, where that may be. Answers what is missing still. */
export function installValidators(long: boolean): string[] {
  return installPackages(() => missingPackages(long));
}
