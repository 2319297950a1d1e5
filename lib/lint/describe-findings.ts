// SPDX-License-Identifier: Apache-2.0
import type { Finding } from './finding.ts';

/** `FILE:LINE: check: message`, a line each. */
export const describeFindings = (findings: readonly Finding[]): string =>
  findings.map(({ file, line, check, message }) => `${file}:${line}: ${check}: ${message}\n`).join('');
