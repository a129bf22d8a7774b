/**
 * toml-test, the suite of the TOML project (TOML 1.0), as Debian's golang-github-burntsushi-toml-dev
 * carries it. The npm package toml-test downloads a program when it runs, and so does not serve.
 */
import { existsSync } from 'node:fs';

export const TOML_SUITE = '/usr/share/gocode/src/github.com/BurntSushi/toml/internal/toml-test/tests';

export const hasTomlSuite = (): boolean => existsSync(TOML_SUITE);
