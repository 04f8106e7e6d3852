// Amounts as whole minor units: typed on the keypad or the keyboard, shown by the server's pattern.

// Ten million euros on one ticket is a slip of the finger; the server refuses it too.
export const TOTAL_MINOR_MAX = 1_000_000_000;

/**
 * Writes minor units as the server would: {decimal, group, prefix, suffix} come from /till/session.
 * @returns {{prefix: string, figure: string, suffix: string}}
 */
export function moneyParts(minor, money) {
  const { decimal, group, prefix, suffix, group_from: groupFrom = 4 } = money.pattern;
  const digits = String(Math.abs(minor)).padStart(money.decimals + 1, "0");
  const whole = digits.slice(0, digits.length - money.decimals);
  const cents = money.decimals === 0 ? "" : decimal + digits.slice(-money.decimals);
  const grouped = whole.length < groupFrom ? whole : whole.replace(/\B(?=(\d{3})+$)/g, group);
  return { prefix: (minor < 0 ? "-" : "") + prefix, figure: grouped + cents, suffix };
}

/** The same in one piece. */
export function moneyText(minor, money) {
  const { prefix, figure, suffix } = moneyParts(minor, money);
  return prefix + figure + suffix;
}

/**
 * An amount being typed. Digits alone fill from the cents, as tills do (2460 is 24,60); after a
 * comma or a point the digits before it are whole units (24,6 is 24,60).
 */
export class Amount {
  constructor(decimals, keys = []) {
    this.decimals = decimals;
    this.keys = keys.map((key) => ({ ...key }));
  }

  /** Takes one key at a time (event.timeStamp); says whether it changed the amount. */
  press(key, at = 0) {
    const before = this.keys.length;
    const mark = this.keys.findIndex((each) => each.key === ",");
    if (key === "," || key === ".") {
      if (this.decimals > 0 && mark < 0) {
        this.keys.push({ key: ",", at });
      }
    } else if (key === "00") {
      this.press("0", at);
      this.press("0", at);
    } else if (/^[0-9]$/.test(key)) {
      const full = mark >= 0 && this.keys.length - mark - 1 >= this.decimals;
      this.keys.push({ key, at });
      if (full || this.minor > TOTAL_MINOR_MAX || (this.minor === 0 && this.tooManyZeros)) {
        this.keys.pop();
      }
    }
    return this.keys.length !== before;
  }

  get tooManyZeros() {
    return this.keys.length > 1 && !this.keys.some((each) => each.key === ",");
  }

  back() {
    this.keys.pop();
  }

  clear() {
    this.keys = [];
  }

  /** Takes back what a scanner typed: every key since it began. */
  rollBack(at) {
    this.keys = this.keys.filter((each) => each.at < at || each.at === 0);
  }

  get minor() {
    const text = this.keys.map((each) => each.key).join("");
    const [whole, cents] = text.split(",");
    return cents === undefined
      ? Number(whole || "0")
      : Number(whole || "0") * 10 ** this.decimals + Number(cents.padEnd(this.decimals, "0"));
  }

  get isEmpty() {
    return this.keys.length === 0;
  }
}

/**
 * Reads a pasted amount such as "24,60 €", "24.60" or "1.234,50".
 * @returns {string[] | null} the keys that type it; null when it is no amount
 */
export function pastedAmount(text, decimals) {
  const bare = text.trim().replace(/^[^\d]{0,3}|[^\d]{0,4}$/g, "");
  const match = /^(\d{1,3}(?:[.,' ]\d{3})*|\d+)(?:[.,](\d{1,3}))?$/.exec(bare);
  if (!match || (match[2] ?? "").length > decimals) {
    return null;
  }
  const whole = match[1].replace(/\D/g, "");
  return decimals === 0 ? [...whole] : [...whole, ",", ...(match[2] ?? "")];
}
