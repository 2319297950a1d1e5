// SPDX-License-Identifier: Apache-2.0
#include <linux/module.h>

MODULE_LICENSE("Dual MIT/GPL");
