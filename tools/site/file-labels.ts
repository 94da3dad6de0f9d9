import type { MarkdownRenderer } from 'vitepress'

/** A block that begins with "yaml mine.yaml" is labelled with the name of the file. */
export function fileLabels(md: MarkdownRenderer): void {
  const fence = md.renderer.rules.fence!
  md.renderer.rules.fence = (...given) => {
    const [tokens, index] = given
    const [, name] = /^\w+ ([\w-]+\.\w+)$/.exec(tokens[index]!.info.trim()) ?? []
    const block = fence(...given)
    return name === undefined ? block : block.replace(/(?<=<span class="lang">)[^<]*/, name)
  }
}
