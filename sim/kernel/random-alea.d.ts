/** seedrandom's alea by itself: its main module would load every generator it has. */
declare module 'seedrandom/lib/alea.js' {
  function alea(seed: string): () => number
  export = alea
}
