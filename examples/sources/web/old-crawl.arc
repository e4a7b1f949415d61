filedesc://old-crawl.arc 192.0.2.9 20010203040506 text/plain 69
1 0 By hand
URL IP-address Archive-date Content-type Archive-length


http://bread.example/no knead.html 192.0.2.9 20010203040507 text/html 411
HTTP/1.1 200 OK
Content-Type: text/html

<html><head><title>Bread without kneading</title></head><body>
<p>Stir flour, water, salt and very little yeast with a spoon, cover the bowl and forget it until the next day. Time does what hands would have to do otherwise.</p>
<p>Fold the dough twice, let it rest for an hour more, and bake it in a pot with a lid that is as hot as the oven allows.</p></body></html>
http://bread.example/again 192.0.2.9 null text/html 346
HTTP/1.1 200 OK
Content-Type: text/html

<html><head><title>Bread again</title></head><body>
<p>Stir flour, water, salt and very little yeast with a spoon, cover the bowl and forget it until the next day. Time does what hands would have to do otherwise.</p>
<p>Fold the dough three times, let it rest for an hour more, and bake it in a pot with a lid that is as hot as the oven allows.</p></body></html>
dns:bread.example 192.0.2.9 20010203040508 text/dns 49
20010203040508
bread.example. 589 IN A 192.0.2.9

