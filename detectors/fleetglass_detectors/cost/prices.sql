-- What each known price is made of, to see when one was corrected.
SELECT provider, model, service_tier, digest
FROM prices FINAL
WHERE known
ORDER BY provider, model, service_tier
