// SPDX-License-Identifier: Apache-2.0

const secretNames = /PASSWORD|PASSWD|PASSPHRASE|TOKEN|SECRET|CREDENTIAL|API_?KEY|(^|_)(PASS|PWD|KEYS?)(_|$)/i;
/** `PWD` by itself is the working directory. */
const harmlessNames = new Set(['PWD']);

/** Whether the value of a variable is nobody's business. */
export const isSecretName = (name: string): boolean => secretNames.test(name) && !harmlessNames.has(name);

const harmlessValues = new Set(['true', 'false', 'none', 'null', 'auto']);
const shortestSecret = 4;

/** Settings may have names like secrets; to hide their values would garble every text. */
export const isWorthHiding = (value: string): boolean =>
  value.length >= shortestSecret && !harmlessValues.has(value.toLowerCase());
