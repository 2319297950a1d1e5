// SPDX-License-Identifier: Apache-2.0

const header = {
  setupSectors: 0x1f1,
  signature: 0x1fe,
  jump: 0x200,
  magic: 0x202,
  version: 0x206,
  loadFlags: 0x211,
};
const codeAt = 0x26c;
/** Where the code runs, a segment begins at the jump. */
const textAt = 0x300;
const setupSectors = 4;

/** cld; mov ds,cs; mov dx,0x3f8; mov si,text */
const begin = 'fc8cc88ed8baf803be0001';
/** 1: lodsb; test al,al; jz 2; out dx,al; jmp 1; 2: */
const print = 'ac84c07403eeebf8';
/** mov ax,0x2000; mov ds,ax; xor si,si: where QEMU puts the command line. */
const atCommandLine = 'b800208ed831f6';
const newLine = 'b00aee';
/** mov ax,0x1000; mov ds,ax; mov al,[0x21c]; out dx,al: the lowest byte of the RAM disk's size in the header. */
const printSize = 'b800108ed8a01c02ee';
/** 1: hlt; jmp 1 */
const halt = 'f4ebfd';
/** mov al,0xfe; out 0x64,al: the keyboard controller restarts a PC. */
const restart = 'b0fee664';

/**
 * A kernel for a PC as small as can be: it writes a text to the first serial port, then its command line and, as a
 * character, the size of the RAM disk, each on a line. Then it halts, or restarts the machine.
 */
export function talkingKernel(text: string, end: 'halts' | 'restarts' = 'halts'): Buffer {
  const kernel = Buffer.alloc((1 + setupSectors + 1) * 512);
  kernel[header.setupSectors] = setupSectors;
  kernel.set([0x55, 0xaa], header.signature);
  kernel.set([0xeb, codeAt - header.jump - 2], header.jump);
  kernel.write('HdrS', header.magic);
  kernel.writeUInt16LE(0x202, header.version);
  kernel[header.loadFlags] = 1;
  const ending = end === 'halts' ? halt : restart + halt;
  const code = begin + print + atCommandLine + print + newLine + printSize + newLine + ending;
  kernel.set(Buffer.from(code, 'hex'), codeAt);
  kernel.write(`${text}\0`, textAt);
  return kernel;
}

/** A RAM disk of which a talking kernel says one character. */
export function ramdiskOf(character: string): Buffer {
  const ramdisk = Buffer.alloc(character.charCodeAt(0));
  ramdisk.write('070701');
  return ramdisk;
}
