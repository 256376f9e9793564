/** Whether a node does all it is meant to do, and what it does not. Reasons are fixed names with a text for people. */
export class Health {
  readonly #reasons = new Map<string, string>();

  /** `healthy` where there is no reason not to be. */
  state(): { readonly state: "healthy" | "degraded"; readonly reasons: readonly string[] } {
    const reasons = [...this.#reasons].map(([name, text]) => `${name}: ${text}`);
    return { state: reasons.length === 0 ? "healthy" : "degraded", reasons };
  }

  /** Something does not work. True where that is news. */
  degraded(name: string, text: string): boolean {
    const isNews = !this.#reasons.has(name);
    this.#reasons.set(name, text);
    return isNews;
  }

  /** It works again. */
  recovered(name: string): void {
    this.#reasons.delete(name);
  }
}
