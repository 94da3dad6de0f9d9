import type { Socket } from 'node:net'
import type { TargetProblemKind } from '../../runtime/targets/target-problem.ts'
import type { Random } from '../../sim/kernel/index.ts'
import type { BaseAnswer, BaseName } from './base-answer.ts'

/** How a call may end: with its answer, or with an error of a kind. */
export type CallEnd = 'right' | TargetProblemKind

/** What a server does with a call. */
export interface HostileAnswer {
  /** with more than one the system decides, such as whether a reset overtakes what was sent */
  readonly ends: readonly CallEnd[]
  play(socket: Socket): void
}

/** What a mutation starts from. */
export interface Scene {
  readonly base: BaseAnswer
  readonly random: Random
  /** `host:port` of a server that no call may reach */
  readonly decoy: string
}

/** A way to answer wrongly, or in an unusual way that is right. */
export interface Mutation {
  readonly name: string
  /** answers that it applies to */
  readonly of: readonly BaseName[]
  draw(scene: Scene): HostileAnswer
}

/** The bytes of an answer, whose parts may be anything. */
export function bytesOf({
  status = 'HTTP/1.1 200 OK',
  headers,
  length,
  body,
}: {
  readonly status?: string
  readonly headers: readonly string[]
  /** of the body, as the answer states it; null: not at all; default: as it is */
  readonly length?: string | null
  readonly body: Uint8Array | string
}): Buffer {
  const bytes = Buffer.from(body)
  const stated = length === null ? [] : [`Content-Length: ${length ?? bytes.length}`]
  const head = [status, ...headers, ...stated].join('\r\n')
  return Buffer.concat([Buffer.from(`${head}\r\n\r\n`, 'latin1'), bytes])
}

export const sends = (
  ends: CallEnd | readonly CallEnd[],
  bytes: Uint8Array | string,
): HostileAnswer => ({
  ends: typeof ends === 'string' ? [ends] : ends,
  play: (socket) => void socket.write(bytes),
})

/** The same, and then the connection ends. */
export const sendsAndEnds = (
  ends: CallEnd | readonly CallEnd[],
  bytes: Uint8Array | string,
): HostileAnswer => ({
  ends: typeof ends === 'string' ? [ends] : ends,
  play: (socket) => void socket.end(bytes),
})

/** Sends `first`, and then the same again and again until the client leaves. */
export function sendsForEver(
  ends: CallEnd | readonly CallEnd[],
  first: Uint8Array | string,
  again: Uint8Array | string,
): HostileAnswer {
  const play = (socket: Socket) => {
    socket.write(first)
    const more = () => {
      while (!socket.destroyed && socket.write(again));
    }
    socket.on('drain', more)
    socket.once('close', () => socket.off('drain', more))
    more()
  }
  return { ends: typeof ends === 'string' ? [ends] : ends, play }
}

/** Sends pieces of bytes, with ms between. */
export function sendsInPieces(
  ends: CallEnd | readonly CallEnd[],
  bytes: Uint8Array,
  { size, everyMs }: { readonly size: number; readonly everyMs: number },
): HostileAnswer {
  const play = (socket: Socket) => {
    let at = 0
    const timer = setInterval(() => {
      socket.write(bytes.subarray(at, at + size))
      at += size
      if (at >= bytes.length) clearInterval(timer)
    }, everyMs)
    socket.once('close', () => clearInterval(timer))
  }
  return { ends: typeof ends === 'string' ? [ends] : ends, play }
}
