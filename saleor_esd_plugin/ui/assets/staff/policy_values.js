// A policy as it is typed, and what of that the shop is told: only what was changed, so that two who change different things both succeed.

const numberOr = (text, none) => (String(text).trim() === "" ? none : Number(text));
const listed = (text) => text.split(/[\s,;]+/).filter(Boolean);

export const typedOf = (policy) => ({
  name: policy.name,
  renews: policy.renewedVariants,
  pool: policy.pool,
  rankedPools: policy.rankedPools.map(({ pool, channels, countries, accounts }) => ({ pool, channels: channels.join(", "), countries: countries.join(", "), accounts })),
  fallsBack: policy.fallsBack,
  approval: policy.approval,
  approvalQuantity: String(policy.approvalQuantity ?? ""),
  approvesFirstOrderManually: policy.approvesFirstOrderManually,
  delivery: policy.delivery,
  sendsKeyToBuyer: policy.sendsKeyToBuyer,
  term: policy.term || "",
  expiryBasis: policy.expiryBasis,
  graceDays: String(policy.graceDays),
  retentionDays: String(policy.retentionDays),
  renewalBasis: policy.renewalBasis,
  suspensionClock: policy.suspensionClock,
  transfersPer30Days: String(policy.transfersPer30Days ?? ""),
  reminderOffsets: policy.reminderOffsets.join(", "),
  instructions: policy.instructions,
});

const CONVERTED = {
  renews: (variants) => variants.map(({ id }) => id),
  pool: (pool) => pool?.id,
  rankedPools: (ranks) => ranks.map(({ pool, channels, countries, accounts }) => ({ pool: pool?.id, channels: listed(channels), countries: listed(countries), accounts: accounts.map(({ id }) => id) })),
  approvalQuantity: (text) => numberOr(text, null),
  term: (text) => text || null,
  graceDays: (text) => numberOr(text, 0),
  retentionDays: (text) => numberOr(text, 0),
  transfersPer30Days: (text) => numberOr(text, null),
  reminderOffsets: (text) => listed(text).map(Number),
  instructions: (texts) => texts.map(({ language, text }) => ({ language, text })),
};

export function changesOf(policy, typed) {
  const known = typedOf(policy);
  const changes = {};
  for (const name of Object.keys(typed)) {
    const [before, after] = [known, typed].map((all) => (CONVERTED[name] ? CONVERTED[name](all[name]) : all[name]));
    if (JSON.stringify(before) !== JSON.stringify(after)) changes[name] = after;
  }
  return changes;
}
