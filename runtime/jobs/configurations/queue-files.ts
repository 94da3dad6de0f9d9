import { createHash } from 'node:crypto'
import { realpath, stat } from 'node:fs/promises'
import { isAbsolute, join, relative, resolve, sep } from 'node:path'
import { Unreadable, userFilePieces } from '../../../scenarios/index.ts'
import { throwIfAborted } from '../../process/interruption.ts'
import { type SentFiles, Unanswered } from './queue.ts'

type SentFile = SentFiles[string]

/** Of one file; far beyond use. */
const MOST_BYTES = 1e12

async function hashed(path: string, most: number, signal?: AbortSignal): Promise<SentFile> {
  const hash = createHash('sha256')
  let bytes = 0
  for await (const piece of userFilePieces(path, most)) {
    throwIfAborted(signal)
    hash.update(piece)
    bytes += piece.length
  }
  return { bytes, sha256: hash.digest('hex') }
}

/** The files of a sweep as its workers are asked for them. */
export class OwnFiles {
  readonly #directory: string
  readonly #signal: AbortSignal | undefined
  readonly #files = new Map<string, SentFile>()

  /** `directory`: where the paths of the scenario start */
  constructor(directory: string, signal?: AbortSignal) {
    this.#directory = resolve(directory)
    this.#signal = signal
  }

  /** Throws `Unanswered` for a file that is not below the folder: workers read no other. */
  async sent(paths: readonly string[]): Promise<SentFiles> {
    const files: Record<string, SentFile> = {}
    for (const path of paths.map((entry) => resolve(entry)).sort()) {
      const below = relative(this.#directory, path).split(sep).join('/')
      if (isAbsolute(below) || below.split('/').includes('..') || below === '') {
        throw new Unanswered(
          `${path}: is not below ${this.#directory}; workers read files below their --files only`,
        )
      }
      const file = this.#files.get(path) ?? (await hashed(path, MOST_BYTES, this.#signal))
      this.#files.set(path, file)
      files[below] = file
    }
    return files
  }
}

/** A file that a worker lacks. The work can be done by another worker. */
export class Lacking extends Error {}

/** The files of a worker, of which requests get those that they have the hash of. */
export class WorkerFiles {
  readonly #directory: string
  readonly #signal: AbortSignal | undefined
  readonly #files = new Map<string, SentFile>()

  constructor(directory: string, signal?: AbortSignal) {
    this.#directory = directory
    this.#signal = signal
  }

  /**
   * Real paths of the files. They are regular files in or below the folder, and have the size and
   * the hash that the sweep sent: so the sender has them already, and a message may quote them.
   * Throws `Lacking`, which names the first that is not so.
   */
  async verified(files: SentFiles): Promise<string[]> {
    const root = await realpath(this.#directory).catch(() => null)
    const realPaths: string[] = []
    for (const [path, sent] of Object.entries(files)) {
      const real = await realpath(join(this.#directory, path)).catch(() => null)
      // for a link that leads out it is not said whether there is a file
      if (root === null || real === null || !isBelow(root, real)) {
        throw new Lacking(`${path}: is not in ${this.#directory} of this worker; ${ADVICE}`)
      }
      await this.#expectSame(path, real, sent)
      realPaths.push(real)
    }
    return realPaths
  }

  async #expectSame(path: string, real: string, sent: SentFile): Promise<void> {
    const lacking = (what: string) =>
      new Lacking(`${path}: ${what} in ${this.#directory} of this worker; ${ADVICE}`)
    try {
      const { size, mtimeMs } = await stat(real)
      const version = JSON.stringify([real, size, mtimeMs])
      // a larger file is not read
      const file = this.#files.get(version) ?? (await hashed(real, sent.bytes, this.#signal))
      this.#files.set(version, file)
      if (file.bytes !== sent.bytes || file.sha256 !== sent.sha256) throw lacking(OTHER_CONTENT)
    } catch (error) {
      if (!(error instanceof Unreadable)) throw error
      throw lacking(error.tooLarge ? OTHER_CONTENT : `is ${error.message},`)
    }
  }
}

const OTHER_CONTENT = 'has other content than where the sweep began'
const ADVICE = 'name its folder: --files'

function isBelow(root: string, path: string): boolean {
  return path.startsWith(root.endsWith(sep) ? root : root + sep)
}
