import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import type { TestContext } from 'vitest'
import { freePort } from './free-port.ts'

/** Skips a test without Prometheus; with CI=true it fails instead. */
export function needPrometheus(context: TestContext): void {
  if (spawnSync('prometheus', ['--version']).status === 0) return
  if (process.env.CI === 'true') throw new Error('expected prometheus: apt install prometheus')
  context.skip('no Prometheus: apt install prometheus')
}

export interface RunningPrometheus {
  readonly url: string
  stop(): Promise<void>
}

/**
 * Starts Prometheus in a folder and on a port of its own. It asks for these metrics each second;
 * null: the scrape fails.
 */
export async function startPrometheus(metrics: () => string | null): Promise<RunningPrometheus> {
  const target = createServer((_, response) => {
    const text = metrics()
    response.writeHead(text === null ? 500 : 200, { 'content-type': 'text/plain; version=0.0.4' })
    response.end(text ?? '')
  })
  target.listen(0, '127.0.0.1')
  await once(target, 'listening')
  const { port } = target.address() as AddressInfo
  const { url, stop } = await prometheusOf(`127.0.0.1:${port}`, 1)
  return {
    url,
    stop: async () => {
      await stop()
      target.close()
      target.closeAllConnections()
    },
  }
}

/** The same of a server that has its metrics at `/metrics`, every `everyS` seconds. */
export async function prometheusOf(host: string, everyS: number): Promise<RunningPrometheus> {
  const folder = mkdtempSync(join(tmpdir(), 'spillway-prometheus-'))
  const config = join(folder, 'prometheus.yml')
  writeFileSync(
    config,
    `global: { scrape_interval: ${everyS}s, scrape_timeout: ${everyS}s }
scrape_configs: [{ job_name: server, static_configs: [{ targets: ['${host}'] }] }]
`,
  )
  const url = `http://127.0.0.1:${await freePort()}`
  const server = spawn('prometheus', [
    `--config.file=${config}`,
    `--storage.tsdb.path=${join(folder, 'data')}`,
    `--web.listen-address=${new URL(url).host}`,
    '--log.level=error',
  ])
  const ended = once(server, 'exit')
  await Promise.race([ready(url), ended.then(() => Promise.reject(new Error('It ended')))])
  return {
    url,
    stop: async () => {
      server.kill('SIGKILL')
      await ended
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

async function ready(url: string): Promise<void> {
  for (;;) {
    const answer = await fetch(`${url}/-/ready`).catch(() => null)
    if (answer?.ok === true) return
    await setTimeout(50)
  }
}
