// SPDX-License-Identifier: Apache-2.0
import type { LintCheck } from '../lint-check.ts';
import { clash } from './clash.ts';
import { dibdebugtrace } from './dibdebugtrace.ts';
import { elementdeps } from './elementdeps.ts';
import { environment } from './environment.ts';
import { executable } from './executable.ts';
import { exportstatus } from './exportstatus.ts';
import { hookname } from './hookname.ts';
import { indent } from './indent.ts';
import { network } from './network.ts';
import { newline } from './newline.ts';
import { readme } from './readme.ts';
import { safe_sudo } from './safe_sudo.ts';
import { sete } from './sete.ts';
import { setpipefail } from './setpipefail.ts';
import { setu } from './setu.ts';
import { shebang } from './shebang.ts';
import { syntax } from './syntax.ts';
import { tabs } from './tabs.ts';
import { undeclared } from './undeclared.ts';
import { which } from './which.ts';

/** The checks by the name that `dib-lint: disable=` takes. A new one is a file beside this and a line here. */
export const lintChecks = {
  readme,
  newline,
  executable,
  hookname,
  shebang,
  sete,
  setu,
  setpipefail,
  dibdebugtrace,
  environment,
  exportstatus,
  safe_sudo,
  which,
  indent,
  tabs,
  elementdeps,
  syntax,
  undeclared,
  clash,
  network,
} as const satisfies Record<string, LintCheck>;
