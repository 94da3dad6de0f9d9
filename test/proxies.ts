import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { onTestFinished, type TestContext } from 'vitest'
import { freePort } from './free-port.ts'

/** Debian has both in a folder that users may not have in PATH. */
const env = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin` }

type Name = 'nginx' | 'haproxy'

/** Skips a test without some proxies; with CI=true it fails instead. */
export function needProxies(context: TestContext, ...names: readonly Name[]): void {
  const absent = names.filter((name) => spawnSync(name, ['-v'], { env }).status !== 0)
  if (absent.length === 0) return
  const remedy = `apt install ${absent.join(' ')}`
  if (process.env.CI === 'true') throw new Error(`expected ${absent.join(' and ')}: ${remedy}`)
  context.skip(`no ${absent.join(' and ')}: ${remedy}`)
}

export interface Proxy {
  readonly url: string
  /** Ends it, and returns the lines of its logs by their names. */
  stop(): Promise<Readonly<Record<string, readonly string[]>>>
}

const linesOf = (text: string) => text.split('\n').slice(0, -1)

/** nginx before a server on the loopback, with a log of each format. */
export async function startNginx(
  upstream: number,
  formats: Readonly<Record<string, string>>,
): Promise<Proxy> {
  const folder = mkdtempSync(join(tmpdir(), 'spillway-nginx-'))
  const port = await freePort()
  const logs = Object.entries(formats)
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
  writeFileSync(
    join(folder, 'nginx.conf'),
    `daemon off; master_process off; pid ${folder}/pid; error_log ${folder}/error.log;
    events {}
    http {
      ${temporary.map((name) => `${name}_temp_path ${folder}/${name};`).join(' ')}
      ${logs.map(([name, format]) => `log_format ${name} ${format};`).join('\n')}
      server {
        listen 127.0.0.1:${port};
        ${logs.map(([name]) => `access_log ${folder}/${name}.log ${name};`).join('\n')}
        location / { proxy_pass http://127.0.0.1:${upstream}; }
      }
    }`,
  )
  const parameters = ['-p', folder, '-e', `${folder}/error.log`, '-c', `${folder}/nginx.conf`]
  const child = started('nginx', parameters)
  await listening(child, port)
  return {
    url: `http://127.0.0.1:${port}`,
    async stop() {
      await end(child, 'SIGQUIT')
      const lines = logs.map(([name]) => [
        name,
        linesOf(readFileSync(`${folder}/${name}.log`, 'utf8')),
      ])
      rmSync(folder, { recursive: true })
      return Object.fromEntries(lines)
    },
  }
}

/**
 * haproxy before a server on the loopback that it sends one request at a time. Its logs: `raw`, and
 * `syslog` with the prefix of RFC 3164.
 */
export async function startHaproxy(upstream: number): Promise<Proxy> {
  const folder = mkdtempSync(join(tmpdir(), 'spillway-haproxy-'))
  const port = await freePort()
  const config = join(folder, 'haproxy.cfg')
  writeFileSync(
    config,
    `global
      log stdout format raw local0
      log stderr format rfc3164 local0
    defaults
      mode http
      log global
      option httplog
      option dontlognull
      timeout connect 60s
      timeout client 60s
      timeout server 60s
      timeout queue 60s
    frontend models
      bind 127.0.0.1:${port}
      default_backend replicas
    backend replicas
      server first 127.0.0.1:${upstream} maxconn 1
    `.replaceAll(/^ {4}/gm, ''),
  )
  const child = started('haproxy', ['-db', '-f', config])
  const text = { raw: '', syslog: '' }
  child.stdout.setEncoding('utf8').on('data', (piece: string) => (text.raw += piece))
  child.stderr.setEncoding('utf8').on('data', (piece: string) => (text.syslog += piece))
  await listening(child, port)
  return {
    url: `http://127.0.0.1:${port}`,
    async stop() {
      await end(child, 'SIGUSR1')
      rmSync(folder, { recursive: true })
      return { raw: linesOf(text.raw), syslog: linesOf(text.syslog) }
    },
  }
}

function started(name: Name, parameters: readonly string[]) {
  const child = spawn(name, parameters, { env, stdio: 'pipe' })
  onTestFinished(() => {
    child.kill('SIGKILL')
  })
  return child
}

/** Waits until a process accepts connections. */
async function listening(child: ChildProcess, port: number): Promise<void> {
  let output = ''
  child.stderr!.on('data', (piece) => (output += piece))
  while (!(await accepts(port))) {
    if (child.exitCode !== null) throw new Error(`The proxy ended: ${output}`)
    await setTimeout(20)
  }
}

const accepts = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })

/** Ends a process that finishes its requests before. */
async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  const closed = new Promise((resolve) => child.once('close', resolve))
  child.kill(signal)
  await closed
}
