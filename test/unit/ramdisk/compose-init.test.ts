// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { composeInit } from '../../../lib/ramdisk/compose-init.ts';

test('/init is the prologue, each fragment as a function between its calls, and the epilogue', () => {
  const init = composeInit({
    prologue: '#!/bin/sh\n# begins\nbegin\n',
    epilogue: 'end\n',
    fragments: [
      { name: '10-first', element: 'apple', text: 'echo one\n' },
      { name: 'init', element: "o'pear", text: '#!/bin/sh\nreturn' },
    ],
    shell: '/bin/bash',
  });
  expect(init).toBe(`#!/bin/bash
# begins
begin
# init fragment 10-first from apple
init_fragment() {
:
echo one
:
}
begin_init_fragment '10-first' 'apple'
init_fragment
end_init_fragment "$?"
# init fragment init from o'pear
init_fragment() {
:
#!/bin/sh
return
:
}
begin_init_fragment 'init' 'o'\\''pear'
init_fragment
end_init_fragment "$?"
end
`);
});

test('without fragments only the ends are left', () => {
  expect(composeInit({ prologue: 'begin\n', epilogue: 'end\n', fragments: [], shell: '/bin/sh' })).toBe(
    '#!/bin/sh\nbegin\nend\n',
  );
});
