-- Grows with every request that goes on with an upload; what an older one says of it is refused.
ALTER TABLE uploads ADD COLUMN turn INTEGER NOT NULL DEFAULT 0;
