import { Child, entryBeside } from '../process/child.ts'
import type { NullServerRequest } from './null-server-process.ts'
import type { PoolTarget } from './pool-target.ts'

/** An answer that takes longer has been lost. */
const TIMEOUT_MS = 10_000

/** A server that takes no time, in a process of its own, which has to be closed. */
export class NullServer {
  readonly #child: Child
  readonly target: PoolTarget

  private constructor(child: Child, port: number) {
    this.#child = child
    this.target = {
      ...{ url: `http://127.0.0.1:${port}`, model: 'null', version: null, role: 'server' },
      ...{ timeoutMs: TIMEOUT_MS, headers: {}, limits: null, parts: 1 },
    }
  }

  static async start(request: NullServerRequest, signal: AbortSignal): Promise<NullServer> {
    const name = 'the null server'
    const child = new Child(entryBeside(import.meta.url, 'null-server-process'), { name })
    return new NullServer(child, await child.ask<number>(request, { signal }))
  }

  close(): void {
    this.#child.end()
  }
}
