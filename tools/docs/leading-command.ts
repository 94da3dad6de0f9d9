/** A command of a line: its words, and the commands that read what it prints. */
export interface LeadingCommand {
  /** without `spillway` */
  readonly words: readonly string[]
  /** null: the line is the command alone */
  readonly reader: string | null
}

/** A part of a word that a shell does not change; a longer one makes the search exponential. */
const PART = /'[^']*'|"[^"$`\\!]*"|[\w@%+=:,./-]/.source
const LINE = new RegExp(`^spillway((?:\\s+(?:${PART})+)*)\\s*(?:\\|(?!\\|)\\s*([\\s\\S]+))?$`)

/**
 * The `spillway` of a line that needs no shell: plain and quoted words, at most followed by a pipe.
 * Null for any other line.
 */
export function leadingCommand(line: string): LeadingCommand | null {
  const match = LINE.exec(line.replaceAll(/\\\n\s*/g, ' '))
  if (match === null) return null
  const [, typed = '', reader = null] = match
  const words = [...typed.matchAll(new RegExp(`(?:${PART})+`, 'g'))].map(([word]) =>
    word.replaceAll(/'([^']*)'|"([^"]*)"/g, (_, single, double) => single ?? double),
  )
  return { words, reader }
}
