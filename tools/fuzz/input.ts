import { execFileSync } from 'node:child_process'
import {
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import type { Random } from '../../sim/kernel/index.ts'
import type { Tree } from './corpus.ts'
import type { Donors } from './mutate-tree.ts'

/** One mutated input: a command line, and the files in its working directory. */
export interface FuzzInput {
  readonly args: readonly string[]
  /** in addition to the files of the stock, or replacing them; relative to the working directory */
  readonly files?: Readonly<Record<string, string | Uint8Array>>
  /** target of each symbolic link, in the same way */
  readonly links?: Readonly<Record<string, string>>
  readonly fifos?: readonly string[]
}

/** Material that inputs are made from. */
export interface Material {
  /** folder of files that every input receives */
  readonly stock: string
  readonly scenarios: readonly Tree[]
  /** parts of those scenarios */
  readonly donors: Donors
}

/** One kind of mutated input. */
export interface Kind {
  readonly name: string
  /** share of all inputs, relative to other kinds */
  readonly weight: number
  readonly make: (random: Random, material: Material) => FuzzInput
}

/** Fills a working directory: the stock as hard links, then the files of the input. */
export function layOut(folder: string, stock: string, input: FuzzInput): void {
  mkdirSync(folder, { recursive: true })
  // the directory itself stays, for processes that use it
  for (const name of readdirSync(folder))
    rmSync(join(folder, name), { recursive: true, force: true })
  for (const name of readdirSync(stock, { recursive: true, encoding: 'utf8' })) {
    const from = join(stock, name)
    if (statSync(from).isDirectory()) mkdirSync(join(folder, name), { recursive: true })
    else linkAt(from, join(folder, name))
  }
  const place = (name: string) => {
    const path = join(folder, name)
    mkdirSync(dirname(path), { recursive: true })
    rmSync(path, { recursive: true, force: true })
    return path
  }
  for (const [name, content] of Object.entries(input.files ?? {})) {
    writeFileSync(place(name), content)
  }
  for (const [name, target] of Object.entries(input.links ?? {})) symlinkSync(target, place(name))
  for (const name of input.fifos ?? []) execFileSync('mkfifo', [place(name)])
}

function linkAt(from: string, to: string): void {
  mkdirSync(dirname(to), { recursive: true })
  linkSync(from, to)
}

/** An input in a seed file; `found` describes its outcome, for readers. */
export interface SeedFile {
  readonly found: string
  readonly args: readonly string[]
  readonly files?: Readonly<Record<string, string | { readonly base64: string }>>
  readonly links?: Readonly<Record<string, string>>
  readonly fifos?: readonly string[]
}

/** JSON would keep it, but a file written from it could not. */
const LONE_SURROGATE = /\p{Surrogate}/u

export function seedText(input: FuzzInput, fault: string): string {
  const files = Object.entries(input.files ?? {}).map(([name, content]) => {
    if (typeof content === 'string' && !LONE_SURROGATE.test(content)) return [name, content]
    return [name, { base64: Buffer.from(content).toString('base64') }]
  })
  const seed = { found: fault, ...input, ...(input.files && { files: Object.fromEntries(files) }) }
  return `${JSON.stringify(seed, null, 2)}\n`
}

export function readSeed(path: string): FuzzInput {
  const { found: _, files = {}, ...rest } = JSON.parse(readFileSync(path, 'utf8')) as SeedFile
  const decoded = Object.entries(files).map(([name, content]) => [
    name,
    typeof content === 'string' ? content : Buffer.from(content.base64, 'base64'),
  ])
  return { ...rest, files: Object.fromEntries(decoded) }
}
