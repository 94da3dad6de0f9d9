import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { arch, cpus, release, totalmem } from 'node:os'
import type { Host } from '../../sim/documents/index.ts'

/** The fingerprint of this machine. It decides whether measured figures are comparable. */
export function hostFingerprint(adapter: string | null = null): Host {
  const processors = cpus()
  return {
    cpu: processors[0]?.model.trim() ?? 'unknown',
    cores: processors.length,
    memory_gib: Math.round(totalmem() / 2 ** 30),
    platform: `${process.platform} ${arch()} ${release()}`,
    node: process.version,
    onnxruntime: onnxruntimeVersion(),
    adapter,
  }
}

function onnxruntimeVersion(): string {
  const manifest = createRequire(import.meta.url).resolve('onnxruntime-node/package.json')
  return (JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }).version
}
