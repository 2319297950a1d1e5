// SPDX-License-Identifier: Apache-2.0

/** What tools leave beside a kernel: what it was before, and what it is checked by. */
export const leftBeside = /\.(old|bak|hmac|sig|signed|dpkg-\w+)$|~$/;
