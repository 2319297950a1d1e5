// SPDX-License-Identifier: Apache-2.0
import { bytes, GiB, hostPath, MiB } from '../../lib/model/brands.ts';
import type { BuildRequest } from '../../lib/model/request.ts';

/** The parts of a request that a test says itself; everything else is as a bare command line would have it. */
export type PartialRequest = Partial<Omit<BuildRequest, PartName>> & {
  readonly [Part in PartName]?: Partial<BuildRequest[Part]>;
};

type PartName = 'disk' | 'output' | 'ramdisk' | 'store' | 'debug';

export function requestWith({ disk, output, ramdisk, store, debug, ...rest }: PartialRequest): BuildRequest {
  return {
    program: 'disk-image-create',
    argumentsAsGiven: [],
    elements: [],
    elementsPath: [hostPath('/elements')],
    flavoursPath: [],
    withBase: true,
    defaultOperatingSystem: 'debian',
    arch: 'amd64',
    imageName: 'image',
    outputTypes: rest.program === 'ramdisk-image-create' ? [] : ['qcow2'],
    packages: [],
    workingDirectory: hostPath('/work-here'),
    temporaryDirectory: null,
    environment: {},
    ...rest,
    disk: { ...defaults.disk, ...disk },
    output: { ...defaults.output, ...output },
    ramdisk: { ...defaults.ramdisk, ...ramdisk },
    store: { ...defaults.store, ...store },
    debug: { ...defaults.debug, ...debug },
  };
}

const defaults: Pick<BuildRequest, PartName> = {
  disk: {
    size: null,
    extraSize: null,
    journalSize: bytes(64 * MiB),
    maxOnlineResize: null,
    mkfsOptions: [],
    rootLabel: null,
    fileSystemType: 'ext4',
    sectorSize: null,
    config: null,
  },
  output: {
    compress: true,
    qemuImgOptions: null,
    qcow2Compression: 'zlib',
    checksums: [],
    overwriteOldImage: false,
  },
  ramdisk: {
    isHost: false,
    kernelVersion: null,
    moduleRoot: '',
    udevRoot: '',
    busybox: null,
    fileName: null,
  },
  store: {
    cacheDirectory: hostPath('/cache'),
    reuse: true,
    maxAgeSeconds: null,
    maxBytes: null,
    offline: false,
    tmpfs: true,
    minTmpfs: bytes(2 * GiB),
  },
  debug: {
    trace: 0,
    breakpoints: [],
    breakCommand: 'bash',
    breakOutsideTarget: false,
    shellOnFailure: false,
    showImageUsage: false,
  },
};
