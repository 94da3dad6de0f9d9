import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from './free-port.ts'

const SERVERS = ['valkey-server', 'redis-server']

/** The server that this machine has; null for none. */
export const valkeyServer =
  SERVERS.find((name) => spawnSync(name, ['--version']).status === 0) ?? null

export interface Valkey {
  readonly url: string
  stop(): Promise<void>
}

/**
 * Starts a server with a folder and a port of its own, which writes nothing. `settings`: further
 * ones, in pairs of name and value.
 */
export async function startValkey(
  settings: readonly string[] = [],
  transport: 'plain' | 'tls' = 'plain',
): Promise<Valkey> {
  if (valkeyServer === null) throw new Error('Expected valkey-server: apt install valkey-server')
  const folder = mkdtempSync(join(tmpdir(), 'spillway-valkey-'))
  const port = await freePort()
  const listening = transport === 'tls' ? ['--port', '0', '--tls-port'] : ['--port']
  const options = [...listening, String(port), '--dir', folder, '--save', '', '--appendonly', 'no']
  const parameters = [...options, '--bind', '127.0.0.1', ...settings]
  const server = spawn(valkeyServer, parameters, { stdio: 'pipe' })
  await ready(server)
  return {
    url: `${transport === 'tls' ? 'rediss' : 'redis'}://127.0.0.1:${port}`,
    stop: async () => {
      const ended = new Promise((resolve) => server.once('exit', resolve))
      server.kill('SIGKILL')
      await ended
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

function ready(server: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let output = ''
    server.stdout!.setEncoding('utf8').on('data', (text: string) => {
      output += text
      if (output.includes('Ready to accept connections')) resolve()
    })
    server.once('exit', () => reject(new Error(`The server ended: ${output}`)))
  })
}
